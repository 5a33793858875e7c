import Basics
import Definitions
import Kernels

/// Creates networks that run on a particular device.
///
/// Adding a device: a type that conforms, its own `TrainableNetwork`, and the line where a command selects it.
package protocol Device: Sendable {
  /// Checks that networks can be created; called before a run starts.
  ///
  /// - Throws: `DiagnosticError` with what is missing.
  func check() throws
  /// What determines the bits of results besides the engine's code, for the record of a stage: the facts of
  /// `Circumstance.engine`.
  ///
  /// - Throws: as `check`.
  func provenance() throws -> Value
  /// - Parameters:
  ///   - network: with `dense: classes` resolved.
  ///   - operations: the range of the network's operations (counted over all layers) that the net contains. Its inputs
  ///     are the activations before the first of them. Two nets in sequence produce the same bits as a net of all
  ///     operations.
  /// - Throws: `DiagnosticError` if the shapes of the network do not match, an operation is not supported, or there
  ///   is not enough memory.
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

/// The purpose of a network.
package enum NetworkPurpose: Sendable {
  /// Evaluation: no memory for gradients.
  case inference
  /// Evaluation that also gives the activations after some operations, counted over all layers.
  case observation(after: [Int])
  /// Training with one treatment per layer of the network, in order. Random operations draw from `stream`.
  case training([LayerTreatment], SolverDefinition, stream: RandomStream)
}

/// The CPU of this machine.
package struct ProcessorDevice: Device {
  package init() {}

  package func check() throws { _ = try BLAS.required() }

  package func provenance() throws -> Value {
    let blas = try BLAS.required()
    return Value([
      .numerics: .integer(NumericsRevision.engine), .blas: .string(blas.configuration),
      .blasCore: .string(blas.coreName), .kernels: .string(KernelLevel.current.rawValue),
    ])
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
  /// - Throws: `DiagnosticError` if OpenBLAS is missing, or cannot be loaded.
  package static func required() throws(DiagnosticError) -> BLAS {
    do throws(Unavailable) { return try load() } catch { throw DiagnosticError("\(error)") }
  }
}
