import Basics
import Definitions
import Engine
import Planning
import SystemPackage

extension Weights {
  /// Replaces the values of parameters with those of the same names elsewhere.
  mutating func copy(
    _ parameters: [ParameterDefinition], from values: (ParameterDefinition) throws -> [Float]
  ) throws {
    for parameter in parameters {
      set(
        Tensor(name: parameter.name, shape: parameter.shape, values: try values(parameter)))
    }
  }
}

extension WeightsFile {
  /// Reads the file, whose content must be the planned one before and after it is read.
  ///
  /// - Throws: `DiagnosticError` if it is not; `Interrupted`; what `body` throws.
  func read(
    on fileSystem: any FileSystem, unless stop: StopCheck,
    _ body: (any WeightsContainer) throws -> Void
  ) throws {
    let path = FilePath(path)
    let before = try fileSystem.status(of: path)
    guard before?.kind == .file else { throw changed("since the plan was made") }
    guard let found = try fileSystem.digest(of: path, unless: stop) else { throw Interrupted() }
    guard found.digest == content else { throw changed("since the plan was made") }
    try withWeights(at: path, on: fileSystem, body)
    guard try fileSystem.status(of: path) == before else {
      throw changed("while it was read")
    }
  }

  private func changed(_ when: String) -> DiagnosticError {
    DiagnosticError(
      "the weights file '\(path)' has changed \(when)",
      notes: [.init("run again to plan with its current content")])
  }
}
