import Basics

/// How a training step moves a learning parameter w by its gradient g.
///
/// Adding a rule: a case here, its arithmetic in `Parameter+Step` (Engine), and its reading in `Solvers`
/// (PipelineLanguage).
package enum UpdateRule: Hashable, Sendable {
  /// Caffe's stochastic gradient descent:
  ///
  ///     v ← momentum · v + rate · (g + decay · w)
  ///     w ← w − v
  case momentum(Double)
  /// Nesterov's momentum as Caffe has it:
  ///
  ///     v′ ← momentum · v + rate · (g + decay · w)
  ///     w ← w − (1 + momentum) · v′ + momentum · v
  case nesterov(Double)
  /// PyTorch's stochastic gradient descent. It differs from Caffe's where the rate changes: what has been gathered
  /// moves at the new rate.
  ///
  ///     v ← momentum · v + g + decay · w
  ///     w ← w − rate · v, or with Nesterov's momentum w ← w − rate · (g + decay · w + momentum · v)
  case pyTorch(momentum: Double, nesterov: Bool)
  /// Adam (Kingma and Ba 2015), or AdamW (Loshchilov and Hutter 2019) where decay is decoupled from the gradient.
  case adam(Adam)

  package struct Adam: Hashable, Sendable {
    /// The shares that the first and the second moment keep.
    package var beta1: Double
    package var beta2: Double
    package var epsilon: Double
    /// Whether weights shrink by rate · decay, instead of decay · w being part of the gradient.
    package var decouplesDecay: Bool

    package init(
      beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, decouplesDecay: Bool
    ) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.decouplesDecay = decouplesDecay
    }
  }

  /// The name in a pipeline file.
  package var name: String {
    switch self {
    case .momentum: "sgd"
    case .nesterov: "nesterov"
    case .pyTorch(_, let nesterov): nesterov ? "pytorch-nesterov" : "pytorch-sgd"
    case .adam(let adam): adam.decouplesDecay ? "adamw" : "adam"
    }
  }

  /// What the rule remembers of each value that it moves, by name, in order: buffers of zeros in the beginning.
  ///
  /// In a training's state each is a file of its name, which therefore is that of no other file there: neither
  /// `weights` nor `mean`.
  package var buffers: [String] {
    switch self {
    case .momentum, .nesterov, .pyTorch: ["momentum"]
    case .adam: ["first-moment", "second-moment"]
    }
  }

  /// Whether decay moves weights by itself, instead of being part of the gradient.
  package var decouplesDecay: Bool {
    if case .adam(let adam) = self { adam.decouplesDecay } else { false }
  }

  /// Its entries among a solver's settings, which are part of fingerprints. Any other rule than the first has one
  /// that names it, `rule`.
  package var settings: [String: Value] {
    var settings: [String: Value]
    switch self {
    case .momentum(let momentum): return ["momentum": .number(momentum)]
    case .nesterov(let momentum), .pyTorch(let momentum, _):
      settings = ["momentum": .number(momentum)]
    case .adam(let adam):
      settings = [
        "betas": [.number(adam.beta1), .number(adam.beta2)], "epsilon": .number(adam.epsilon),
      ]
    }
    settings["rule"] = .string(name)
    return settings
  }
}
