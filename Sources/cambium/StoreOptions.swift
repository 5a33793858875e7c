import ArgumentParser
import ArtifactStore
import Basics
import SystemPackage

/// Which store a command is about, where no pipeline has to be read.
struct StoreOptions: ParsableArguments {
  @Option(help: "The store folder; by default '.cambium' in the current folder.")
  var store: String?

  /// - Parameter file: a pipeline file, beside which the store is looked for where none is named.
  /// - Throws: `DiagnosticError` where there is no store.
  func open(beside file: String? = nil) throws -> Store {
    let folder = file.map { FilePath($0).removingLastComponent() } ?? ""
    let path = store.map { FilePath($0) } ?? folder.appending(".cambium")
    guard try LocalFileSystem().status(of: path)?.kind == .folder else {
      throw DiagnosticError(
        "there is no store '\(path)'",
        notes: [.init("name the store folder with --store, or a pipeline file next to it")])
    }
    return Store(at: path)
  }
}
