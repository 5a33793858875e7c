import Basics

/// How a training step moves a learning parameter by its gradient.
///
/// Adding a rule: a case here, its arithmetic in `Parameter+Step` (Engine), and its reading in `Solvers`
/// (PipelineLanguage).
package enum UpdateRule: Hashable, Sendable {
  /// Caffe's stochastic gradient descent:
  ///
  ///     v ← momentum · v + rate · (gradient + decay · w)
  ///     w ← w − v
  case momentum(Double)

  /// What the rule remembers of each value that it moves, by name, in order: buffers of zeros in the beginning.
  ///
  /// In a training's state each is a file of its name, which therefore is that of no other file there: neither
  /// `weights` nor `mean`.
  package var buffers: [String] {
    switch self {
    case .momentum: ["momentum"]
    }
  }

  /// Its entries among a solver's settings, which are part of fingerprints. Any other rule than the first has one
  /// that names it, `rule`.
  package var settings: [String: Value] {
    switch self {
    case .momentum(let momentum): ["momentum": .number(momentum)]
    }
  }
}
