import ArtifactStore
import Basics
import Datasets
import Execution
import Planning
import Results
import SystemPackage

extension StageContext {
  /// For the files of inputs, the workspace and the store.
  var fileSystem: any FileSystem { store.fileSystem }

  /// The artifact of one of the inputs of the stage's work.
  func artifact(of input: StageInput) -> StoredArtifact {
    guard let artifact = inputs[input.role] else {
      preconditionFailure("a stage starts when its inputs are there")
    }
    return artifact
  }

  /// Reads a file of an input's artifact.
  ///
  /// - Throws: `UnusableInput` if there is no such file, or `body` cannot read it because different code produced it;
  ///   `DiagnosticError` if this process cannot read it.
  func read<Content>(
    _ file: ArtifactFile, of input: StageInput, _ body: (FilePath) throws -> Content
  ) throws -> Content {
    let role = input.role
    let artifact = artifact(of: input)
    guard let path = artifact[file] else {
      throw UnusableInput(role: role, file: file.name, reason: "there is no such file")
    }
    do { return try body(path) } catch let error as DiagnosticError {
      guard error.systemReason == nil || error.tellsOfDamage else { throw error }
      throw UnusableInput(
        role: role, file: file.name, reason: error.diagnostics.first?.message ?? "unknown reason")
    }
  }

  /// Reads a result of an input's stage.
  ///
  /// - Throws: as `read(_:of:_:)` does.
  func read<Result: ResultFile>(
    _ type: Result.Type, of input: StageInput
  ) throws -> Result {
    try read(Result.file, of: input) { try Result(contents: fileSystem.read($0)) }
  }
}

extension StageInput {
  /// Works with the packed images that the input is.
  ///
  /// - Throws: `UnusableInput` if one of them cannot be decoded; the errors of `body`.
  func withImages<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let damaged as DamagedImage {
      throw UnusableInput(
        role: role, file: ArtifactFile.packedImages.name, reason: "\(damaged)")
    }
  }
}
