import Basics
import Definitions
import Kernels

/// What networks are computed on.
///
/// Adding a device: a type that conforms, a `TrainableNetwork` of its own, and the line where a command picks it.
package protocol Device: Sendable {
  /// Makes sure that networks can be made here: a run asks before it begins.
  ///
  /// - Throws: `DiagnosticError` with what is missing.
  func check() throws
  /// What outside the engine's code decides the bits of results, for the record of a stage: `numerics`, `blas`, …
  ///
  /// - Throws: as `check`.
  func provenance() throws -> Value
  /// - Parameters:
  ///   - network: `dense: classes` resolved.
  ///   - operations: which of the network's operations (counted through all layers) the net has. Its images then
  ///     are the activations before the first of them. The bits of a net of all operations are those of two nets,
  ///     one after the other.
  /// - Throws: `DiagnosticError` where the network does not fit together, an operation cannot be computed here, or
  ///   memory is short.
  func makeNetwork(
    _ network: NetworkDefinition, for purpose: NetworkPurpose, maximumBatch: Int, threads: Int,
    operations: Range<Int>
  ) throws -> any TrainableNetwork
}

extension Device {
  /// A net of all operations.
  package func makeNetwork(
    _ network: NetworkDefinition, for purpose: NetworkPurpose, maximumBatch: Int, threads: Int
  ) throws -> any TrainableNetwork {
    try makeNetwork(
      network, for: purpose, maximumBatch: maximumBatch, threads: threads,
      operations: 0..<network.operationCount)
  }
}

/// What a network is made for.
package enum NetworkPurpose: Sendable {
  /// Evaluation: no memory for gradients.
  case inference
  /// One treatment for each layer of the network, in order. `stream` is where random operations draw from.
  case training([LayerTreatment], SolverDefinition, stream: RandomStream)
}

/// This machine's processor.
package struct ProcessorDevice: Device {
  package init() {}

  package func check() throws { _ = try BLAS.required() }

  package func provenance() throws -> Value {
    let blas = try BLAS.required()
    return [
      "numerics": .integer(NumericsRevision.engine), "blas": .string(blas.configuration),
      "blas-core": .string(blas.coreName), "kernels": .string(KernelLevel.current.rawValue),
    ]
  }

  package func makeNetwork(
    _ network: NetworkDefinition, for purpose: NetworkPurpose, maximumBatch: Int, threads: Int,
    operations: Range<Int>
  ) throws -> any TrainableNetwork {
    try check()
    return try Net(
      network, for: purpose, maximumBatch: maximumBatch, threads: threads, operations: operations)
  }
}

extension BLAS {
  /// - Throws: `DiagnosticError` where OpenBLAS is missing, or cannot be loaded.
  package static func required() throws(DiagnosticError) -> BLAS {
    do throws(Unavailable) { return try load() } catch { throw DiagnosticError("\(error)") }
  }
}
