import Basics

/// How a training step updates a learning parameter from its gradient.
///
/// Adding a rule: a case here, its arithmetic in `Parameter+Step` (Engine), and its parsing in `Solvers`
/// (PipelineLanguage).
package enum UpdateRule: Hashable, Sendable {
  /// Caffe's stochastic gradient descent:
  ///
  ///     v ← momentum · v + rate · (gradient + decay · w)
  ///     w ← w − v
  case momentum(Double)

  /// The state buffers of the rule, by name, in order; initially zero.
  ///
  /// In the state of a training run, each is a file with its name, which must therefore differ from other files
  /// there, such as `weights` and `mean`.
  package var buffers: [String] {
    switch self {
    case .momentum: ["momentum"]
    }
  }

  /// Its entries in a solver's settings, which are part of fingerprints. Every rule except the first has an entry
  /// `rule` with its name.
  package var settings: [String: Value] {
    switch self {
    case .momentum(let momentum): ["momentum": .number(momentum)]
    }
  }
}
