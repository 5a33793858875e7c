import Basics
import Definitions

/// How an operation is written.
private struct OperationForm: Sendable {
  var keyword: String
  /// What the key alone stands for; `nil` where it needs settings.
  var alone: Operation?
  /// Reads the settings after the key; `nil` where there are none.
  var read: (@Sendable (Field) -> Operation?)?
  /// Whether it has parameters, and settings in which they may be given a name.
  var mayBeNamed = false

  init<Settings: OperationSettings>(
    _ kind: Settings.Type, alone: Settings? = nil, mayBeNamed: Bool = false,
    read: (@Sendable (Field) -> Settings?)? = nil
  ) {
    keyword = kind.keyword
    self.mayBeNamed = mayBeNamed
    self.alone = alone.map { Operation($0) }
    self.read = read.map { read in { @Sendable field in read(field).map { Operation($0) } } }
  }

  /// The mean of windows, or of parts of the whole map.
  private init(averagePool: Void) {
    keyword = AveragePool.keyword
    read = { @Sendable in $0.averagePool() }
  }

  /// All of them, a line each.
  static let all = [
    OperationForm(Convolution.self, mayBeNamed: true) { $0.settings?.convolution() },
    OperationForm(Dense.self, mayBeNamed: true) { Dense.read($0) },
    OperationForm(BatchNorm.self, alone: BatchNorm(), mayBeNamed: true) {
      $0.settings?.batchNorm()
    },
    OperationForm(Rectifier.self, alone: Rectifier()),
    OperationForm(Rectifier6.self, alone: Rectifier6()),
    OperationForm(LeakyRectifier.self, alone: LeakyRectifier()) {
      $0.number(.weight).map { LeakyRectifier(slope: $0) }
    },
    OperationForm(HyperbolicTangent.self, alone: HyperbolicTangent()),
    OperationForm(Sigmoid.self, alone: Sigmoid()),
    OperationForm(SigmoidLinearUnit.self, alone: SigmoidLinearUnit()),
    OperationForm(MaxPool.self) { $0.settings?.pooling().map { MaxPool($0) } },
    OperationForm(averagePool: ()),
    OperationForm(LocalResponseNorm.self, alone: LocalResponseNorm()) {
      $0.settings?.localResponseNorm()
    },
    OperationForm(Flatten.self, alone: Flatten()),
    OperationForm(Dropout.self) { $0.number(.belowOne).map { Dropout(probability: $0) } },
  ]

  static func of(_ keyword: String) -> OperationForm? { all.first { $0.keyword == keyword } }

  static func unknown(_ word: String) -> [Diagnostic.Note] {
    Diagnostic.Note.allowed(
      all.map(\.keyword) + JoinForm.all.map(\.keyword), insteadOf: word, as: "operations")
  }
}

/// How an operation that joins paths is written: `sum: [[…], […]]`.
private struct JoinForm: Sendable {
  var keyword: String
  var make: @Sendable ([[Operation]]) -> Operation

  init<Settings: JoiningSettings>(_ make: @escaping @Sendable ([[Operation]]) -> Settings) {
    keyword = Settings.keyword
    self.make = { Operation(make($0)) }
  }

  /// All of them, a line each.
  static let all = [
    JoinForm { Sum($0) },
    JoinForm { Concat($0) },
    JoinForm { Product($0) },
  ]

  static func of(_ keyword: String) -> JoinForm? { all.first { $0.keyword == keyword } }
}

extension LocatedOperation {
  /// Reads `relu`, `conv: {…}`, or `sum: [[…], […]]`.
  static func read(_ field: Field) -> LocatedOperation? {
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
          context: field.context), at: field.span)
    case .scalar:
      guard let word = field.scalar("an operation")?.text else { return nil }
      if let form = OperationForm.of(word) {
        if form.alone == nil { field.report("'\(word)' needs settings: '\(word): …'") }
        return form.alone.map { LocatedOperation(definition: $0, span: field.span) }
      }
      if JoinForm.of(word) != nil {
        field.report("'\(word)' needs paths: '\(word): [[…], […]]'")
      } else {
        field.report("there is no operation '\(word)'", notes: OperationForm.unknown(word))
      }
      return nil
    case .sequence:
      field.report("an operation is a word or 'word: settings', not a list")
      return nil
    }
  }

  /// Reads what follows an operation's key.
  private static func read(keyed field: Field, at span: SourceSpan) -> LocatedOperation? {
    if let join = JoinForm.of(field.name) { return read(paths: field, of: join, at: span) }
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
    guard let name = field.operationName(form), var operation = read(field) else { return nil }
    operation.name = name
    return LocatedOperation(definition: operation, span: span)
  }

  private static func read(
    paths field: Field, of join: JoinForm, at span: SourceSpan
  ) -> LocatedOperation? {
    let expected = "a list of paths, each a list of operations"
    guard case .sequence(let sequence) = field.node else {
      field.mismatch(expected)
      return nil
    }
    guard sequence.elements.count > 1 else {
      field.report(
        "'\(field.name)' has \(sequence.elements.isEmpty ? "no paths" : "one path"): it joins two or more",
        notes: [Diagnostic.Note("'[]' is the path that leaves its input as it is")])
      return nil
    }
    let paths = sequence.elements.map { element -> LocatedPath? in
      guard case .sequence(let operations) = element else {
        Field(name: "path", node: element, keySpan: element.span, context: field.context)
          .mismatch("a list of operations")
        return nil
      }
      let read = operations.elements.map {
        LocatedOperation.read(
          Field(name: "path", node: $0, keySpan: $0.span, context: field.context))
      }
      return read.contains { $0 == nil }
        ? nil : LocatedPath(span: operations.span, operations: read.compactMap { $0 })
    }
    guard !paths.contains(where: { $0 == nil }) else { return nil }
    let located = paths.compactMap { $0 }
    return LocatedOperation(
      definition: join.make(located.map { $0.operations.map(\.definition) }), span: span,
      paths: located)
  }
}

extension Field {
  static let operationNameKey = "name"

  /// The `name` among an operation's settings; inner `nil` where there is none.
  fileprivate func operationName(_ form: OperationForm) -> OperationName?? {
    guard form.mayBeNamed, case .mapping(let mapping) = node,
      let entry = mapping.entries.first(where: { $0.key.text == Field.operationNameKey })
    else { return .some(nil) }
    let field = Field(
      name: Field.operationNameKey, node: entry.value, keySpan: entry.key.span, context: context)
    guard let text = field.text() else { return nil }
    let bare = text.hasPrefix(".") ? String(text.dropFirst()) : text
    guard context.check(bare, .layer, "parameter", at: field.span) else { return nil }
    return OperationName(text)
  }
}

// MARK: - Settings

extension FieldReader {
  fileprivate func convolution() -> Convolution? {
    var reader = self
    let filters = reader.required("filters") { $0.units("a number of filters, or 'classes'") }
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
    // Read before, and a possible key.
    _ = reader.field(Field.operationNameKey)
    let epsilon = reader.optional("epsilon", default: standard.epsilon) { $0.number(.positive) }
    let momentum = reader.optional("momentum", default: standard.momentum) { $0.number(.weight) }
    reader.finish()
    guard let epsilon, let momentum else { return nil }
    return BatchNorm(epsilon: epsilon, momentum: momentum)
  }

  /// The settings of weights and biases, among those of a weighted operation.
  fileprivate mutating func parameterSettings() -> ParameterSettings? {
    let standard = ParameterSettings()
    // Read before, and a possible key.
    _ = field(Field.operationNameKey)
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
  /// Reads `global`, `{size: 6}`, or `{kernel: 2, …}`.
  fileprivate func averagePool() -> Operation? {
    if case .scalar = node {
      return word(["global"], orElse: ["{size: …}", "{kernel: …}"]).map { _ in .globalAveragePool }
    }
    guard case .mapping(let mapping) = node,
      mapping.entries.contains(where: { $0.key.text == "size" }), var reader = settings
    else { return settings?.pooling().map { .averagePool($0) } }
    let size = reader.required("size") { $0.integer(in: NetworkLimits.window) }
    reader.finish()
    return size.map { .averagePool(size: $0) }
  }

  /// The settings of an operation, which must be a mapping.
  fileprivate var settings: FieldReader? { FieldReader(self, Subject("operation", name)) }

  fileprivate func units(
    _ expected: String = "a number of units, or 'classes'"
  ) -> OutputUnits? {
    guard let scalar = scalar(expected) else { return nil }
    if scalar.text == "classes" { return .classes }
    if scalar.isPlain, scalar.value == nil, CoreScalar.integer(scalar.text) == .other {
      mismatch(expected, scalar)
      return nil
    }
    return integer(in: NetworkLimits.outputs).map(OutputUnits.count)
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
