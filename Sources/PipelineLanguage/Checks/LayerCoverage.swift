import Basics
import Definitions

/// Checks that the entries of a transfer cover each layer of the network exactly once.
struct LayerCoverage {
  let network: CheckedNetwork
  let context: ReadingContext

  /// The treatment of each layer, in the network's order; `nil` after an error was reported.
  func treatments(_ rules: Described<[LayerRule]>) -> [LayerTreatment]? {
    let layers = network.definition.layers
    var chosen = [LayerRule?](repeating: nil, count: layers.count)
    var rest: LayerRule?
    var isSound = true
    for rule in rules.content {
      if rule.selector == .rest {
        if let rest {
          reportTwice("'rest' is given twice", rule, rest)
          isSound = false
        }
        rest = rule
        continue
      }
      guard let indices = indices(rule) else {
        isSound = false
        continue
      }
      for index in indices {
        if let earlier = chosen[index] {
          reportTwice("layer '\(layers[index].name)' is selected twice", rule, earlier)
          isSound = false
        }
        chosen[index] = rule
      }
    }
    guard isSound else { return nil }
    var uncovered: [String] = []
    let treatments = zip(layers, chosen).compactMap { layer, rule -> LayerTreatment? in
      guard let rule = rule ?? rest else {
        uncovered.append(layer.name)
        return nil
      }
      return rule.action.treatment(of: layer.name)
    }
    guard uncovered.isEmpty else {
      context.diagnostics.report(
        "\(uncovered.count == 1 ? "layer" : "layers") "
          + uncovered.map { "'\($0)'" }.joined(separator: ", ")
          + " \(uncovered.count == 1 ? "is" : "are") not covered", at: rules.span,
        notes: [Diagnostic.Note("'rest' selects all layers that no other entry does")])
      return nil
    }
    return treatments
  }

  /// The layers that a rule selects.
  func indices(_ rule: LayerRule) -> Range<Int>? {
    let count = network.definition.layers.count
    switch rule.selector {
    case .layer(let name):
      return index(of: name, rule).map { $0..<$0 + 1 }
    case .range(let first, let last):
      let start = index(of: first, rule), end = index(of: last, rule)
      guard let start, let end else { return nil }
      guard start <= end else {
        context.diagnostics.report(
          "'\(rule.text)' is empty: '\(first)' comes after '\(last)'", at: rule.span)
        return nil
      }
      return start..<end + 1
    case .first(let selected), .last(let selected):
      guard selected <= count else {
        context.diagnostics.report(
          "there is no '\(rule.text)': the network has \(count) layers", at: rule.span)
        return nil
      }
      if case .first = rule.selector { return 0..<selected }
      return count - selected..<count
    case .rest:
      return 0..<0
    }
  }

  private func index(of name: String, _ rule: LayerRule) -> Int? {
    if let position = network.positions[name] { return position }
    if let layer = network.layerNames.first(where: { name.hasPrefix($0 + ".") }),
      network.parameters.joined().contains(where: { $0.name.hasPrefix(name + ".") })
    {
      context.diagnostics.report(
        "'\(name)' is a part of layer '\(layer)': a layer is treated as a whole", at: rule.span,
        notes: [
          Diagnostic.Note("to treat its parts differently, make them layers of the network")
        ])
      return nil
    }
    context.diagnostics.report(
      "the network has no layer '\(name)'", at: rule.span,
      notes: Diagnostic.Note.allowed(
        network.layerNames, insteadOf: name, as: "network's layers")
        + [Diagnostic.Note("layers are selected by name, 'a..b', 'first n', 'last n' and 'rest'")])
    return nil
  }

  private func reportTwice(_ message: String, _ rule: LayerRule, _ earlier: LayerRule) {
    context.diagnostics.report(
      message, at: rule.span,
      notes: [Diagnostic.Note("it is first selected here", at: earlier.span)])
  }
}

/// What is done with the layers of networks, determined once for all points of a sweep: they share rules and network, and
/// from here on the treatments, whose comparison is fast then.
struct KnownTreatments {
  private var known: [(network: CheckedNetwork, rules: [LayerRule], treatments: [LayerTreatment])] =
    []
  /// Looking up more than this is no faster than determining them again.
  private static let most = 64

  /// The treatment of each layer, in the network's order; `nil` after an error was reported.
  mutating func treatments(
    _ rules: Described<[LayerRule]>, of network: CheckedNetwork, _ context: ReadingContext
  ) -> [LayerTreatment]? {
    for index in known.indices.reversed()
    where known[index].network === network && known[index].rules == rules.content {
      return known[index].treatments
    }
    let treatments = LayerCoverage(network: network, context: context).treatments(rules)
    if let treatments, known.count < KnownTreatments.most {
      known.append((network, rules.content, treatments))
    }
    return treatments
  }
}
