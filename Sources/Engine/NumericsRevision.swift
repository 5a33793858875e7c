import Basics
import Kernels

package enum EngineNumerics {
  /// The revision of what the engine computes, part of every training's fingerprint.
  ///
  /// Raise it whenever a change of code can change the bits of weights, losses or scores on one
  /// machine: another order of a sum, another algorithm for a shape, another draw of random numbers.
  /// Leave it for changes that cannot: speed at equal bits, messages, new kinds of layer.
  package static let revision = 2

  /// What outside the engine's code decides the bits: for the record of a stage.
  package static var provenance: Value {
    [
      "numerics": .integer(revision), "blas": .string(BLAS.configuration),
      "blas-core": .string(BLAS.coreName), "kernels": .string(KernelLevel.current.rawValue),
    ]
  }
}
