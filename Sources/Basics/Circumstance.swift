/// Facts about program and machine in the provenance of records, by their keys.
package enum Circumstance: String, Hashable, Sendable, CaseIterable {
  /// The version of the program.
  case cambium
  case blas
  /// The processor that OpenBLAS selected its kernels for.
  case blasCore = "blas-core"
  /// The instruction set of the program's own kernels.
  case kernels
  /// The revision of the engine's numerics.
  case numerics
  case threads

  /// Facts reported by the engine; the executor adds the others.
  package static let engine: [Circumstance] = [.blas, .blasCore, .kernels, .numerics]
}

extension Value {
  /// A map of facts.
  package init(_ facts: [Circumstance: Value]) {
    self = .map(Dictionary(uniqueKeysWithValues: facts.map { ($0.key.rawValue, $0.value) }))
  }
}
