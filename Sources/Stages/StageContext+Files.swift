import ArtifactStore
import Basics
import Datasets
import Engine
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
      guard error.systemReason == nil || error.indicatesDamage else { throw error }
      throw UnusableInput(
        role: role, file: file.name, reason: error.diagnostics.first?.message ?? "unknown reason")
    }
  }

  /// The weights that an input's stage trained.
  ///
  /// - Throws: as `read(_:of:_:)` does.
  func weights(of input: StageInput) throws -> Weights {
    try read(.weights, of: input) { try Weights(contentsOf: $0, on: fileSystem) }
  }

  /// The mean image that is subtracted from what an input's network is shown.
  ///
  /// - Throws: as `read(_:of:_:)` does.
  func mean(of input: StageInput) throws -> MeanImage {
    try read(.mean, of: input) { try MeanImage(Weights(contentsOf: $0, on: fileSystem)) }
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
