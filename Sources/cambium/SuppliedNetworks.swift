import Basics
import SystemPackage

/// The networks supplied with Cambium, by the names of their files.
///
/// They are found relative to the program, from any current folder: in `../share/cambium/networks` if it is installed, or in
/// `pipelines/networks` of the source tree that it was built in.
struct SuppliedNetworks: Equatable {
  let folder: FilePath
  /// Sorted.
  let names: [String]

  func file(of name: String) -> FilePath { folder.appending("\(name).yaml") }
}

extension SuppliedNetworks {
  /// - Parameter program: the program's file, as an absolute path without symbolic links.
  /// - Throws: `DiagnosticError` if there are none, naming the folders searched, or if a folder cannot be read.
  static func find(
    for program: FilePath, in files: some FileSystem
  ) throws(DiagnosticError) -> SuppliedNetworks {
    let installed = program.removingLastComponent().removingLastComponent()
      .appending("share/cambium/networks")
    var places = [installed]
    if let tree = try sourceTree(around: program, in: files) {
      places.append(tree.appending("pipelines/networks"))
    }
    for place in places {
      let names = try files.names(in: place).compactMap { name -> String? in
        let file = FilePath(name)
        return file.extension == "yaml" ? file.stem : nil
      }
      if !names.isEmpty { return SuppliedNetworks(folder: place, names: names) }
    }
    throw DiagnosticError(
      "the networks supplied with Cambium were not found",
      notes: places.map { .init("searched '\($0)'") }
        + [.init("'make install' installs them with the program")])
  }

  /// The package that the program was built in: the nearest folder above it that has a manifest.
  private static func sourceTree(
    around program: FilePath, in files: some FileSystem
  ) throws(DiagnosticError) -> FilePath? {
    var folder = program
    while folder.removeLastComponent() {
      if try files.exists(folder.appending("Package.swift")) { return folder }
    }
    return nil
  }

  /// The networks supplied with this program.
  static func find() throws(DiagnosticError) -> SuppliedNetworks {
    try find(for: runningProgram(), in: LocalFileSystem())
  }
}
