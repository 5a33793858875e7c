import Basics
import Definitions

/// The origin of every parameter of a training run, and whether it learns: `load-report.json`.
package struct LoadReport: Hashable, Sendable {
  package struct Parameter: Hashable, Sendable {
    package var name: String
    package var layer: String
    package var shape: [Int]
    package var origin: LayerOrigin
    package var state: LayerState
    /// Factors on the solver's learning rate and weight decay, 0 if the parameter does not learn.
    package var rate: Double
    package var decay: Double
    /// The name of a copied parameter in the source, if different.
    package var from: String?
    /// How an initialised parameter was drawn, as in its setting.
    package var initializer: Value?
    /// For a batch norm's running mean and variance: whether training normalised by them or by each batch.
    package var statistics: NormStatistics?

    package init(
      name: String, layer: String, shape: [Int], origin: LayerOrigin, state: LayerState,
      rate: Double, decay: Double, from: String? = nil, initializer: Value? = nil,
      statistics: NormStatistics? = nil
    ) {
      self.name = name
      self.layer = layer
      self.shape = shape
      self.origin = origin
      self.state = state
      self.rate = rate
      self.decay = decay
      self.from = from
      self.initializer = initializer
      self.statistics = statistics
    }
  }

  /// The source of copied layers.
  package enum Source: Hashable, Sendable {
    case stage(String, Fingerprint)
    case file(String, content: Fingerprint)
  }

  /// `nil` if nothing was copied.
  package var source: Source?
  /// In the order of the network.
  package var parameters: [Parameter]

  package init(source: Source?, parameters: [Parameter]) {
    self.source = source
    self.parameters = parameters
  }
}

extension LoadReport: JSONResultFile {
  package static let file = ArtifactFile("load-report.json")
  static let format = 1

  /// `{"format": 1, "source": {"stage", "fingerprint"}, "parameters": [{"name", "layer", "shape", "origin", "state",
  /// "rate", "decay", "from", "initializer", "statistics"}]}`; a source that is a file is `{"file", "content"}`.
  package var value: Value {
    [
      "format": .integer(LoadReport.format), "source": source?.value ?? .null,
      "parameters": .list(parameters.map(\.value)),
    ]
  }

  init?(_ value: Value) {
    guard let parameters = value["parameters"]?.elements(Parameter.init),
      let entry = value["source"]
    else { return nil }
    self.init(source: nil, parameters: parameters)
    if entry == .null { return }
    guard let source = Source(entry) else { return nil }
    self.source = source
  }
}

extension LoadReport.Source: ValueConvertible {
  package var value: Value {
    switch self {
    case .stage(let name, let fingerprint):
      ["stage": .string(name), "fingerprint": .string(fingerprint.hexadecimal)]
    case .file(let name, let content):
      ["file": .string(name), "content": .string(content.hexadecimal)]
    }
  }

  init?(_ value: Value) {
    func fingerprint(_ key: String) -> Fingerprint? {
      value[key]?.asString.flatMap(Fingerprint.init(hexadecimal:))
    }
    if let name = value["stage"]?.asString, let fingerprint = fingerprint("fingerprint") {
      self = .stage(name, fingerprint)
    } else if let name = value["file"]?.asString, let content = fingerprint("content") {
      self = .file(name, content: content)
    } else {
      return nil
    }
  }
}

extension LoadReport.Parameter: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "name": .string(name), "layer": .string(layer), "shape": .list(shape.map(Value.integer)),
      "origin": .string(origin.rawValue), "state": .string(state.rawValue),
      "rate": .number(rate), "decay": .number(decay),
    ]
    entries["from"] = from.map(Value.string)
    entries["initializer"] = initializer
    entries["statistics"] = statistics.map { .string($0.rawValue) }
    return .map(entries)
  }

  init?(_ value: Value) {
    guard let name = value["name"]?.asString, let layer = value["layer"]?.asString,
      let shape = value["shape"]?.elements(\.asCount),
      let origin = value["origin"]?.asString.flatMap(LayerOrigin.init),
      let state = value["state"]?.asString.flatMap(LayerState.init),
      let rate = value["rate"]?.double, let decay = value["decay"]?.double
    else { return nil }
    var from: String?
    if let other = value["from"] {
      guard let text = other.asString else { return nil }
      from = text
    }
    var statistics: NormStatistics?
    if let word = value["statistics"] {
      guard let known = word.asString.flatMap(NormStatistics.init) else { return nil }
      statistics = known
    }
    self.init(
      name: name, layer: layer, shape: shape, origin: origin, state: state, rate: rate,
      decay: decay, from: from, initializer: value["initializer"], statistics: statistics)
  }
}
