import Basics
import SystemPackage

/// Finished stages on disk, shared by all runs that use the same folder.
///
///     .cambium/
///       store.json                    the format of the store
///       objects/3f/3f86…              outputs by the SHA-256 digest of their content, read-only
///       records/b1/b17c….json         stage records by the stage's fingerprint
///       latest/<pipeline>/<stage>     the fingerprint that a stage had in its latest run
///       inspections/<key>.json        what is known of files outside, sparing another look or outliving them
///       logs/                         what happened in each run
///       checkpoints/<trajectory>/     states of trainings that others can go on from
///       claims/<fingerprint>          who computes a stage at this moment
///       damaged/                      what was found not to be as it was written
///       activations/<key>             activations of frozen layers, which may go at any time
///       tmp/<process>~<number>/       workspaces of running stages
///       unfinished/<fingerprint>/     what stages that were cut short have done, a folder for each writer
///       setbacks/<fingerprint>.json   how a stage without a result failed, or lost it
///       originals/<fingerprint>.json  the earlier stage whose outputs a stage has repeated
///       submissions/<id>/             stages submitted to a cluster: by which jobs, and what these print
///
/// **Order of writing.** An object is written in a workspace, made read-only, synchronised with the
/// disk, and renamed to its place, and its folder is synchronised; when all objects of a stage are
/// there, its record is written to a temporary file, synchronised, and renamed. Thus whoever finds a
/// record finds its objects, and a crash at any instant leaves the old state or the new. Whatever is not
/// finished lies below `tmp/` under the name of its process, so that the next run can clear it away.
///
/// Reading creates nothing and needs no permission to write. Folders are made when something is first
/// written into them.
package struct Store: Sendable {
  /// The folder of the store.
  package let root: FilePath
  package let fileSystem: any FileSystem
  /// The owner of claims and workspaces created through this value.
  let process: ProcessIdentity

  /// The store in a folder that may not exist yet. Touches no file.
  package init(
    at root: FilePath, fileSystem: any FileSystem = LocalFileSystem(),
    process: ProcessIdentity = .current
  ) {
    self.root = root
    self.fileSystem = fileSystem
    self.process = process
  }

  /// Prepares the store for a run: creates it if it does not exist, and removes what dead processes left behind.
  ///
  /// - Throws: `DiagnosticError` for a store that has another format or cannot be written.
  package func openForWriting() throws(DiagnosticError) {
    try checkFormat()
    if case .damaged = formatState { try writeFormat() }
    for path in misplacedFiles { try setAside(path) }
    try requireNoBrokenLink()
    // Better detected now than after hours of training.
    try removeWorkspace(makeWorkspace())
    try removeRemains()
  }

  /// Removes what killed runs left behind, if their processes are known to be dead.
  package func removeRemains() throws(DiagnosticError) {
    try removeRemainsOfTheDead(watch: nil)
    try tidying { () throws(DiagnosticError) in try removePassedCheckpoints() }
    try tidying { () throws(DiagnosticError) in try removePassedWork() }
  }

  /// Removes something that does no harm where it is: if the disk cannot read it, it stays for `audit` to find, and runs
  /// continue without it.
  func tidying(_ body: () throws(DiagnosticError) -> Void) throws(DiagnosticError) {
    do throws(DiagnosticError) { try body() } catch {
      guard error.makesUnreadable else { throw error }
    }
  }

  /// Removes workspaces and claims of processes that are known to be dead, and of those that have not changed for the
  /// watch's patience.
  package func removeRemainsOfTheDead(watch: LifeWatch?) throws(DiagnosticError) {
    try tidying { () throws(DiagnosticError) in try removeAbandonedWorkspaces(watch: watch) }
    try tidying { () throws(DiagnosticError) in try removeLeftClaims(watch: watch) }
  }

  /// Creates a folder of the store, and the store itself before its first folder.
  func makeFolder(_ folder: FilePath) throws(DiagnosticError) { try makeFolders([folder]) }

  /// The same for several folders.
  func makeFolders(_ folders: Set<FilePath>) throws(DiagnosticError) {
    if folders.isEmpty { return }
    if try !fileSystem.exists(formatPath) {
      try fileSystem.makeFolder(root)
      // What can be recomputed should not be under version control.
      try write("*\n", to: root.appending(".gitignore"))
      try write(Store.formatNote, to: formatPath)
    }
    try fileSystem.makeFolders(folders.sorted { $0.string < $1.string })
  }
}
