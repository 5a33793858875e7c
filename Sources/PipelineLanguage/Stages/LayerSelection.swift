import Basics
import Definitions

/// The layers of a network selected by an entry of a transfer.
enum LayerSelector: Hashable, Sendable {
  static let restWord = "rest"

  case layer(String)
  /// From one layer to another, both included.
  case range(String, String)
  case first(Int)
  case last(Int)
  /// All layers that no other entry selects.
  case rest

  /// Reads `conv1`, `conv1..fc6`, `first 3`, `last 2`, `rest`.
  init(_ text: String) {
    let words = text.split(separator: " ")
    if text == LayerSelector.restWord {
      self = .rest
    } else if words.count == 2, words[0] == "first" || words[0] == "last",
      case .integer(let count) = CoreScalar.integer(String(words[1])), count >= 0
    {
      self = words[0] == "first" ? .first(count) : .last(count)
    } else if let dots = text.firstRange(of: "..") {
      self = .range(String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
    } else {
      self = .layer(text)
    }
  }
}

/// One entry of a transfer's layers: `first 3: freeze`.
struct LayerRule: Hashable, Sendable {
  var selector: LayerSelector
  /// The text of the selector with its references resolved.
  var text: String
  var span: SourceSpan
  var action: LayerAction
}

/// What is done with layers: `freeze`, `{fine-tune: {rate: 0.1}}`, `{freeze: {statistics: batch}}`, `{initialize:
/// {distribution: source}}`.
struct LayerAction: Hashable, Sendable {
  var verb: LayerVerb
  var rate = 1.0
  var statistics = NormStatistics.running
  var distribution = LayerDistribution.own

  func treatment(of layer: String) -> LayerTreatment {
    LayerTreatment(
      layer: layer, verb: verb, rate: rate, statistics: statistics, distribution: distribution)
  }
}

extension Field {
  /// Reads `{"first 3": freeze, rest: {initialize: {rate: 10}}}`.
  func layerRules() -> [LayerRule]? {
    guard let entries = entries("a mapping from layers to verbs") else {
      return nil
    }
    var rules: [LayerRule] = []
    for (key, field) in entries {
      guard let selector = field.context.resolve(key)?.text, let action = field.layerAction()
      else { continue }
      rules.append(
        LayerRule(
          selector: LayerSelector(selector), text: selector, span: key.span,
          action: action))
    }
    return rules.count == entries.count ? rules : nil
  }

  /// Reads `freeze`, `{fine-tune: {rate: 0.1}}`, `{freeze: {statistics: batch}}`, or `{initialize: {distribution:
  /// source}}`.
  private func layerAction() -> LayerAction? {
    guard case .mapping(let mapping) = node else {
      return choice(LayerVerb.self).map { LayerAction(verb: $0) }
    }
    let verbs = LayerVerb.allCases.map(\.rawValue)
    guard mapping.entries.count == 1 else {
      report(
        "'\(name)' must be one verb, not \(mapping.entries.count)",
        notes: [Diagnostic.Note("the verbs are \(verbs.joined(separator: ", "))")])
      return nil
    }
    let entry = mapping.entries[0]
    guard let verb = LayerVerb(rawValue: entry.key.text) else {
      context.diagnostics.report(
        "there is no verb '\(entry.key.text)'", at: entry.key.span,
        notes: Diagnostic.Note.allowed(verbs, insteadOf: entry.key.text, as: "verbs"))
      return nil
    }
    let settings = Field(
      name: verb.rawValue, node: entry.value, keySpan: entry.key.span, context: context)
    guard var reader = FieldReader(settings, Subject("verb", verb.rawValue)) else { return nil }
    let distributionField = reader.field("distribution")
    if let distributionField, verb.origin == .copied {
      context.diagnostics.report(
        "'\(verb.rawValue)' has no distribution: the layer is copied", at: distributionField.keySpan
      )
      return nil
    }
    let distribution = distributionField.map { $0.choice(LayerDistribution.self) } ?? .own
    if verb.state == .frozen {
      if let rate = reader.field("rate") {
        context.diagnostics.report(
          "'\(verb.rawValue)' has no rate: the layer does not learn", at: rate.keySpan)
        return nil
      }
      let statistics =
        distributionField == nil
        ? reader.required("statistics") { $0.choice(NormStatistics.self) }
        : reader.optional("statistics", default: .running) { $0.choice(NormStatistics.self) }
      reader.finish()
      guard let statistics, let distribution else { return nil }
      return LayerAction(verb: verb, statistics: statistics, distribution: distribution)
    }
    if let statistics = reader.field("statistics") {
      context.diagnostics.report(
        "'\(verb.rawValue)' has no statistics: a layer that learns normalises by the batch",
        at: statistics.keySpan)
      return nil
    }
    let rate = reader.optional("rate", default: 1) { $0.number(.positive) }
    reader.finish()
    guard let rate, let distribution else { return nil }
    return LayerAction(verb: verb, rate: rate, distribution: distribution)
  }
}
