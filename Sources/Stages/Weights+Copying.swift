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

  /// Replaces the values of parameters with those of a file, whose content must be the planned one before and after
  /// it is read.
  ///
  /// - Throws: `DiagnosticError` if it is not, if a tensor has a different shape, or if a value is not finite;
  ///   `Interrupted`.
  mutating func copy(
    _ parameters: [ParameterDefinition], from file: WeightsFile, on fileSystem: any FileSystem,
    unless stop: StopCheck
  ) throws {
    let path = FilePath(file.path)
    let before = try fileSystem.status(of: path)
    guard before?.kind == .file else { throw changed(file, "since the plan was made") }
    guard let found = try fileSystem.digest(of: path, unless: stop) else { throw Interrupted() }
    guard found.digest == file.content else { throw changed(file, "since the plan was made") }
    try withWeights(at: path, on: fileSystem) { opened in
      try copy(parameters) {
        try opened.values(for: $0, from: file.names.name(inFile: $0.name))
      }
    }
    guard try fileSystem.status(of: path) == before else {
      throw changed(file, "while it was read")
    }
  }

  private func changed(_ file: WeightsFile, _ when: String) -> DiagnosticError {
    DiagnosticError(
      "the weights file '\(file.path)' has changed \(when)",
      notes: [.init("run again to plan with its current content")])
  }
}
