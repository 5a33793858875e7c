import Basics

/// One step of a layer: a weighted operation, or what follows it.
package enum Operation: Hashable, Sendable {
  case convolution(Convolution)
  case dense(Dense)
  case batchNorm(BatchNorm)
  case relu
  case tanh
  case maxPool(Pooling)
  case averagePool(Pooling)
  case lrn(LocalResponseNorm)
  /// Each value is dropped with this probability while training; the others are scaled by
  /// 1 / (1 − probability), so that nothing needs to be done when evaluating.
  case dropout(Double)

  /// Convolution and dense: what makes a layer a layer.
  package var isWeighted: Bool {
    switch self {
    case .convolution, .dense: true
    default: false
    }
  }

  /// Whether a training step draws random numbers in it.
  package var isRandom: Bool {
    if case .dropout = self { true } else { false }
  }

  /// The key of the operation in a pipeline file.
  package var keyword: String {
    switch self {
    case .convolution: "conv"
    case .dense: "dense"
    case .batchNorm: "batch-norm"
    case .relu: "relu"
    case .tanh: "tanh"
    case .maxPool: "max-pool"
    case .averagePool: "average-pool"
    case .lrn: "lrn"
    case .dropout: "dropout"
    }
  }
}

/// How a weighted operation's weights and biases begin, and how fast they learn.
package struct ParameterSettings: Hashable, Sendable {
  package var weights: Initializer
  /// `nil` for an operation without biases.
  package var biases: Initializer?
  /// Factors on the solver's rate and decay, as Caffe's `lr_mult` and `decay_mult`.
  package var weightRate: Double
  package var weightDecay: Double
  package var biasRate: Double
  package var biasDecay: Double

  /// The defaults are Caffe's practice for biases (twice the rate, no decay) with He's weights.
  package init(
    weights: Initializer = .he, biases: Initializer? = .constant(0), weightRate: Double = 1,
    weightDecay: Double = 1, biasRate: Double = 2, biasDecay: Double = 0
  ) {
    self.weights = weights
    self.biases = biases
    self.weightRate = weightRate
    self.weightDecay = weightDecay
    self.biasRate = biasRate
    self.biasDecay = biasDecay
  }
}

/// Filters slid over a feature map.
package struct Convolution: Hashable, Sendable {
  /// Output channels, a multiple of `groups`.
  package var filters: Int
  /// Height and width of a filter.
  package var kernel: Int
  package var stride: Int
  /// Zeros added on every side.
  package var padding: Int
  /// Input and output channels are cut into this many parts; each part sees its own inputs only.
  package var groups: Int
  package var parameters: ParameterSettings

  package init(
    filters: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1,
    parameters: ParameterSettings = ParameterSettings()
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.groups = groups
    self.parameters = parameters
  }
}

/// Every output unit sees every input value.
package struct Dense: Hashable, Sendable {
  package enum Units: Hashable, Sendable {
    case count(Int)
    /// One unit for each class of the task the network is trained on.
    case classes
  }

  package var units: Units
  package var parameters: ParameterSettings

  package init(units: Units, parameters: ParameterSettings = ParameterSettings()) {
    self.units = units
    self.parameters = parameters
  }
}

/// Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy 2015).
package struct BatchNorm: Hashable, Sendable {
  /// Added to the variance.
  package var epsilon: Double
  /// The weight of a batch in the running mean and variance (PyTorch's convention).
  package var momentum: Double

  package init(epsilon: Double = 1e-5, momentum: Double = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

/// A window that moves over a feature map and yields one value a place.
package struct Pooling: Hashable, Sendable {
  /// How the number of places is rounded where the last window does not fit whole.
  package enum Rounding: String, Hashable, Sendable, CaseIterable {
    /// Caffe's choice: the last window may reach over the edge.
    case up
    /// PyTorch's default.
    case down
  }

  package var kernel: Int
  package var stride: Int
  package var padding: Int
  package var rounding: Rounding

  package init(kernel: Int, stride: Int, padding: Int = 0, rounding: Rounding = .up) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.rounding = rounding
  }

  /// The number of places along an extent, as Caffe computes it: a window that would start beyond the
  /// image and its leading padding is left out. (Caffe keeps such a window where there is no padding,
  /// which takes a stride larger than the kernel; it would be empty.)
  package func outputExtent(_ extent: Int) -> Int {
    let span = extent + 2 * padding - kernel
    var places = (rounding == .up ? (span + stride - 1) / stride : span / stride) + 1
    if (places - 1) * stride >= extent + padding { places -= 1 }
    return places
  }
}

/// Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3):
/// y = x / (k + α/size · Σ x²)^β, the sum over `size` neighbouring channels.
package struct LocalResponseNorm: Hashable, Sendable {
  /// Odd.
  package var size: Int
  package var alpha: Double
  package var beta: Double
  package var k: Double

  package init(size: Int = 5, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.k = k
  }
}

// MARK: - Values

extension Operation: ValueConvertible {
  package var value: Value {
    switch self {
    case .convolution(let convolution): ["conv": convolution.value]
    case .dense(let dense): ["dense": dense.value]
    case .batchNorm(let norm):
      ["batch-norm": ["epsilon": .number(norm.epsilon), "momentum": .number(norm.momentum)]]
    case .relu: "relu"
    case .tanh: "tanh"
    case .maxPool(let pooling): ["max-pool": pooling.value]
    case .averagePool(let pooling): ["average-pool": pooling.value]
    case .lrn(let norm):
      [
        "lrn": [
          "size": .integer(norm.size), "alpha": .number(norm.alpha), "beta": .number(norm.beta),
          "k": .number(norm.k),
        ]
      ]
    case .dropout(let probability): ["dropout": .number(probability)]
    }
  }
}

extension ParameterSettings: ValueConvertible {
  package var value: Value {
    [
      "weights": weights.value, "biases": biases?.value ?? .null,
      "weight-rate": .number(weightRate), "weight-decay": .number(weightDecay),
      "bias-rate": .number(biasRate), "bias-decay": .number(biasDecay),
    ]
  }
}

extension Convolution: ValueConvertible {
  package var value: Value {
    [
      "filters": .integer(filters), "kernel": .integer(kernel), "stride": .integer(stride),
      "padding": .integer(padding), "groups": .integer(groups), "parameters": parameters.value,
    ]
  }
}

extension Dense: ValueConvertible {
  package var value: Value {
    let units: Value =
      switch self.units {
      case .count(let count): .integer(count)
      case .classes: "classes"
      }
    return ["units": units, "parameters": parameters.value]
  }
}

extension Pooling: ValueConvertible {
  package var value: Value {
    [
      "kernel": .integer(kernel), "stride": .integer(stride), "padding": .integer(padding),
      "rounding": .string(rounding.rawValue),
    ]
  }
}
