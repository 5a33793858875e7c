import Basics
import Definitions

/// How an operation is written.
private struct OperationForm: Sendable {
  var keyword: String
  /// What the key alone stands for; `nil` where it needs settings.
  var alone: Operation?
  /// Reads the settings after the key; `nil` where there are none.
  var read: (@Sendable (Field) -> Operation?)?

  init<Settings: OperationSettings>(
    _ kind: Settings.Type, alone: Settings? = nil,
    read: (@Sendable (Field) -> Settings?)? = nil
  ) {
    keyword = kind.keyword
    self.alone = alone.map { Operation($0) }
    self.read = read.map { read in { @Sendable field in read(field).map { Operation($0) } } }
  }

  /// All of them, a line each.
  static let all = [
    OperationForm(Convolution.self) { $0.settings?.convolution() },
    OperationForm(Dense.self) { Dense.read($0) },
    OperationForm(BatchNorm.self, alone: BatchNorm()) { $0.settings?.batchNorm() },
    OperationForm(Rectifier.self, alone: Rectifier()),
    OperationForm(HyperbolicTangent.self, alone: HyperbolicTangent()),
    OperationForm(MaxPool.self) { $0.settings?.pooling().map { MaxPool($0) } },
    OperationForm(AveragePool.self) { $0.settings?.pooling().map { AveragePool($0) } },
    OperationForm(LocalResponseNorm.self, alone: LocalResponseNorm()) {
      $0.settings?.localResponseNorm()
    },
    OperationForm(Dropout.self) { $0.number(.belowOne).map { Dropout(probability: $0) } },
  ]

  static func of(_ keyword: String) -> OperationForm? { all.first { $0.keyword == keyword } }

  static func unknown(_ word: String) -> [Diagnostic.Note] {
    Diagnostic.Note.allowed(all.map(\.keyword), insteadOf: word, as: "operations")
  }
}

extension Operation {
  /// Reads `relu`, or `conv: {…}`.
  static func read(_ field: Field) -> Operation? {
    switch field.node {
    case .mapping(let mapping):
      guard mapping.entries.count == 1 else {
        field.report(
          "an operation has one key, such as 'conv: {…}', not \(mapping.entries.count)",
          notes: [Diagnostic.Note("each operation is an element of the layer's list")])
        return nil
      }
      let entry = mapping.entries[0]
      return read(
        keyed: Field(
          name: entry.key.text, node: entry.value, keySpan: entry.key.span,
          context: field.context))
    case .scalar:
      guard let word = field.scalar("an operation")?.text else { return nil }
      guard let form = OperationForm.of(word) else {
        field.report("there is no operation '\(word)'", notes: OperationForm.unknown(word))
        return nil
      }
      if form.alone == nil { field.report("'\(word)' needs settings: '\(word): …'") }
      return form.alone
    case .sequence:
      field.report("an operation is a word or 'word: settings', not a list")
      return nil
    }
  }

  /// Reads the settings after an operation's key.
  private static func read(keyed field: Field) -> Operation? {
    guard let form = OperationForm.of(field.name) else {
      field.context.diagnostics.report(
        "there is no operation '\(field.name)'", at: field.keySpan,
        notes: OperationForm.unknown(field.name))
      return nil
    }
    guard let read = form.read else {
      field.report("'\(field.name)' has no settings: write it as a single word")
      return nil
    }
    return read(field)
  }
}

// MARK: - Settings

extension FieldReader {
  fileprivate func convolution() -> Convolution? {
    var reader = self
    let filters = reader.required("filters") { $0.integer(in: NetworkLimits.outputs) }
    let kernel = reader.required("kernel") { $0.integer(in: NetworkLimits.window) }
    let stride = reader.optional("stride", default: 1) { $0.integer(in: NetworkLimits.window) }
    let padding = reader.optional("padding", default: 0) { $0.integer(in: NetworkLimits.padding) }
    let groups = reader.optional("groups", default: 1) { $0.integer(in: NetworkLimits.outputs) }
    let parameters = reader.parameterSettings()
    reader.finish()
    guard let filters, let kernel, let stride, let padding, let groups, let parameters else {
      return nil
    }
    return Convolution(
      filters: filters, kernel: kernel, stride: stride, padding: padding, groups: groups,
      parameters: parameters)
  }

  fileprivate func pooling() -> Pooling? {
    var reader = self
    let kernel = reader.required("kernel") { $0.integer(in: NetworkLimits.window) }
    let stride = reader.optional("stride", default: kernel ?? 1) {
      $0.integer(in: NetworkLimits.window)
    }
    let padding = reader.optional("padding", default: 0) {
      // A window that lay wholly in padding would have nothing to pool.
      $0.integer(in: 0...(kernel.map { $0 - 1 } ?? NetworkLimits.padding.upperBound))
    }
    let rounding = reader.optional("rounding", default: .up) { $0.choice(Pooling.Rounding.self) }
    reader.finish()
    guard let kernel, let stride, let padding, let rounding else { return nil }
    return Pooling(kernel: kernel, stride: stride, padding: padding, rounding: rounding)
  }

  fileprivate func localResponseNorm() -> LocalResponseNorm? {
    var reader = self
    let standard = LocalResponseNorm()
    let size = reader.optional("size", default: standard.size) { $0.oddWindow() }
    let alpha = reader.optional("alpha", default: standard.alpha) { $0.number(.nonNegative) }
    let beta = reader.optional("beta", default: standard.beta) { $0.number(.nonNegative) }
    let k = reader.optional("k", default: standard.k) { $0.number(.positive) }
    reader.finish()
    guard let size, let alpha, let beta, let k else { return nil }
    return LocalResponseNorm(size: size, alpha: alpha, beta: beta, k: k)
  }

  fileprivate func batchNorm() -> BatchNorm? {
    var reader = self
    let standard = BatchNorm()
    let epsilon = reader.optional("epsilon", default: standard.epsilon) { $0.number(.positive) }
    let momentum = reader.optional("momentum", default: standard.momentum) { $0.number(.weight) }
    reader.finish()
    guard let epsilon, let momentum else { return nil }
    return BatchNorm(epsilon: epsilon, momentum: momentum)
  }

  /// The settings of weights and biases, among those of a weighted operation.
  fileprivate mutating func parameterSettings() -> ParameterSettings? {
    let standard = ParameterSettings()
    let weights = optional("weights", default: standard.weights) { Initializer.read($0) }
    let biases = optional("biases", default: standard.biases) { $0.biases() }
    let factors = [
      ("weight-rate", standard.weightRate), ("weight-decay", standard.weightDecay),
      ("bias-rate", standard.biasRate), ("bias-decay", standard.biasDecay),
    ].map { key, value in optional(key, default: value) { $0.number(.nonNegative) } }
    guard let weights, let biases, let weightRate = factors[0], let weightDecay = factors[1],
      let biasRate = factors[2], let biasDecay = factors[3]
    else { return nil }
    return ParameterSettings(
      weights: weights, biases: biases, weightRate: weightRate, weightDecay: weightDecay,
      biasRate: biasRate, biasDecay: biasDecay)
  }
}

extension Dense {
  /// Reads `256`, `classes`, or `{units: …, weights: …}`.
  fileprivate static func read(_ field: Field) -> Dense? {
    guard case .mapping = field.node else { return field.units().map { Dense(units: $0) } }
    guard var reader = FieldReader(field, Subject("operation", "dense")) else { return nil }
    let units = reader.required("units") { $0.units() }
    let parameters = reader.parameterSettings()
    reader.finish()
    guard let units, let parameters else { return nil }
    return Dense(units: units, parameters: parameters)
  }
}

extension Field {
  /// The settings of an operation, which must be a mapping.
  fileprivate var settings: FieldReader? { FieldReader(self, Subject("operation", name)) }

  fileprivate func units() -> Dense.Units? {
    guard let scalar = scalar("a number of units, or 'classes'") else { return nil }
    if scalar.text == "classes" { return .classes }
    if scalar.isPlain, scalar.value == nil, CoreScalar.integer(scalar.text) == .other {
      mismatch("a number of units, or 'classes'", scalar)
      return nil
    }
    return integer(in: NetworkLimits.outputs).map(Dense.Units.count)
  }

  /// A window that has a middle.
  fileprivate func oddWindow() -> Int? {
    guard let size = integer(in: NetworkLimits.window) else { return nil }
    guard size % 2 == 1 else {
      report("'\(name)' must be odd, not \(size): the window is centred on a channel")
      return nil
    }
    return size
  }

  /// An initializer, or `none`; outer `nil` after a mistake.
  fileprivate func biases() -> Initializer?? {
    if case .scalar(let scalar) = node, context.resolve(scalar)?.text == "none" {
      return .some(nil)
    }
    return Initializer.read(self).map(Optional.some)
  }
}

extension Initializer {
  /// Reads `he`, `xavier`, `{gaussian: 0.01}` or `{constant: 0}`.
  fileprivate static func read(_ field: Field) -> Initializer? {
    if case .scalar = field.node {
      switch field.scalar("an initializer")?.text {
      case "he"?: return .he
      case "xavier"?: return .xavier
      case let word?:
        field.report(
          "there is no initializer '\(word)'",
          notes: [
            Diagnostic.Note("write he, xavier, {gaussian: deviation} or {constant: value}")
          ])
        return nil
      case nil: return nil
      }
    }
    guard var reader = FieldReader(field, Subject("initializer")) else { return nil }
    let form = reader.one(of: ["gaussian", "constant"])
    reader.finish()
    guard let form else { return nil }
    return form.name == "gaussian"
      ? form.number(.positive).map { .gaussian(deviation: $0) }
      : form.number(.any).map { .constant($0) }
  }
}
