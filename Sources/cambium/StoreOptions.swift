import ArgumentParser
import ArtifactStore
import Basics
import SystemPackage

/// Selects the store for commands that need no pipeline.
struct StoreOptions: ParsableArguments {
  @Option(help: "The store folder; by default '.cambium' in the current folder.")
  var store: String?

  /// - Parameter file: a pipeline file in whose folder the store is expected if no store is named.
  /// - Throws: `DiagnosticError` if there is no store.
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
