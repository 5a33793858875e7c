import Basics

/// How the initial values of a parameter are drawn (Caffe's fillers).
package enum Initializer: Hashable, Sendable {
  /// All values are equal.
  case constant(Double)
  /// Normal with mean 0.
  case gaussian(deviation: Double)
  /// Normal with any mean: as the values of another network's parameter are distributed. No file states it.
  case normal(mean: Double, deviation: Double)
  /// Uniform in ±√(3 / fan-in) (Glorot and Bengio 2010, as Caffe's `xavier` computes it).
  case xavier
  /// Normal with variance 2 / fan-in (He et al. 2015, equation 10).
  case he
}

extension Initializer: ValueConvertible {
  package var value: Value {
    switch self {
    case .constant(let constant): ["constant": .number(constant)]
    case .gaussian(let deviation): ["gaussian": .number(deviation)]
    case .normal(let mean, let deviation):
      ["mean": .number(mean), "deviation": .number(deviation)]
    case .xavier: "xavier"
    case .he: "he"
    }
  }
}
