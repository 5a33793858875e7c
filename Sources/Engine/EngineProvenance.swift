import Basics
import Definitions
import Kernels

/// What outside the engine's code decides the bits of its results.
package enum EngineProvenance {
  /// For the record of a stage: the numerics revision, the BLAS and its core, the kernels' instructions.
  package static var value: Value {
    [
      "numerics": .integer(NumericsRevision.engine), "blas": .string(BLAS.configuration),
      "blas-core": .string(BLAS.coreName), "kernels": .string(KernelLevel.current.rawValue),
    ]
  }
}
