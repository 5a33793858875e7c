import Basics
import Definitions
import SystemPackage

extension DatasetDefinition {
  /// Reads the whole dataset, brings its images to one size, and writes them as one packed file.
  ///
  /// The file's bytes depend on the definition and the source's content alone. A source path must have
  /// been resolved: it is opened as it stands. What an earlier call that was cut short has left at `file`,
  /// of the same definition and content, is gone on from.
  ///
  /// - Parameters:
  ///   - file: created or overwritten; while it is written, another lies beside it.
  ///   - threads: how many images are decoded at once.
  ///   - interval: seconds after which a crash costs no more than what came since.
  ///   - progress: told after each round how many images of how many are done.
  ///   - stop: asked between rounds, and while an archive is read for its names.
  /// - Throws: `DiagnosticError` for a source that is missing, damaged or not laid out as a dataset,
  ///   for unreadable images unless they are to be skipped, for images of different sizes where
  ///   `size` is `nil`, and for a file that cannot be written; `Interrupted`.
  package func pack(
    into file: FilePath, threads: Int, interval: Double = .infinity,
    time: any TimeSource = SystemTimeSource(),
    progress: @escaping @Sendable (_ completed: Int, _ total: Int) -> Void = { _, _ in },
    unless stop: StopCheck = .never
  ) throws -> PackedSummary {
    let packer = DatasetPacker(
      definition: self, file: file, threads: threads,
      bookmark: Bookmark(of: file, interval: interval, time: time), progress: progress, stop: stop)
    switch source {
    case .shapes(_, let train, let test):
      return try packer.pack { ShapesInput(train: train, test: test) }
    case .path(let path):
      switch try DatasetLocation(FilePath(path)) {
      case .folder(let folder):
        return try packer.pack {
          try FolderInput(folder, skipsUnreadable: unreadable == .skip, unless: stop)
        }
      case .archive(let archive, _):
        return try packer.pack { try ArchiveInput(archive, unless: stop) }
      }
    }
  }
}
