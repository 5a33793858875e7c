import Basics
import Definitions
import SystemPackage

/// A file of weights of any origin, opened for some of its tensors: the others may be of any type and size, and are
/// not read.
package protocol WeightsContainer {
  var path: FilePath { get }
  /// The shapes of the tensors that can be read, by name.
  var shapes: [String: [Int]] { get }
  /// The types of those that cannot.
  var unreadTypes: [String: String] { get }
  /// The numbers of a tensor.
  ///
  /// - Throws: `DiagnosticError` where it cannot be read.
  func numbers(of name: String) throws -> [Float]
}

extension WeightsContainer {
  package var unreadTypes: [String: String] { [:] }

  /// The values of a parameter, from the tensor of its name, or of the name given.
  ///
  /// - Throws: `DiagnosticError` where there is no such tensor, where it has another shape or a type
  ///   that is not read, and where a value is not finite.
  package func values(
    for parameter: ParameterDefinition, from name: String? = nil
  ) throws -> [Float] {
    try values(named: name ?? parameter.name, shape: parameter.shape)
  }

  /// The values of a tensor that a network has with this shape.
  ///
  /// - Throws: `DiagnosticError` as `values(for:from:)` does.
  package func values(named name: String, shape: [Int]) throws -> [Float] {
    if let own = shapes[name], own != shape {
      throw DiagnosticError(
        "tensor '\(name)' of '\(path)' has shape \(own), but the network's has \(shape)")
    }
    let values = try numbers(of: name)
    if let position = values.firstIndex(where: { !$0.isFinite }) {
      throw DiagnosticError(
        "tensor '\(name)' of '\(path)' has a non-finite value: "
          + "\(values[position]) at position \(position)")
    }
    return values
  }
}

/// Opens a file of weights, whatever its format: its content decides.
///
/// - Throws: `DiagnosticError` where it cannot be read, or is not a whole file of a known format; what `body` throws.
package func withWeights<Result>(
  at path: FilePath, on fileSystem: any FileSystem = LocalFileSystem(),
  _ body: (any WeightsContainer) throws -> Result
) throws -> Result {
  if try CaffeFile.mayBe(at: path, on: fileSystem),
    let file = try CaffeFile(path, on: fileSystem)
  {
    return try body(file)
  }
  if try CaffeMeanFile.mayBe(at: path, on: fileSystem) {
    return try body(CaffeMeanFile(path, on: fileSystem))
  }
  return try SafetensorsFile.withFile(at: path, on: fileSystem) { try body($0) }
}
