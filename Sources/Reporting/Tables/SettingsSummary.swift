import Basics
import Definitions

/// The settings of a stage in a few lines: what a reader wants to know of a result at first. Lists are cut, and layers
/// are only named.
package struct SettingsSummary {
  /// Names of at most eleven characters, and what is set.
  package let lines: [(name: String, text: String)]

  /// - Parameter settings: of a record of any kind of stage.
  package init(_ settings: Value) {
    var rest = settings.asMap ?? [:]
    var lines: [(name: String, text: String)] = []
    func take(_ key: String, as name: String? = nil, _ text: (Value) -> String) {
      if let value = rest.removeValue(forKey: key) { lines.append((name ?? key, text(value))) }
    }
    take(SettingKey.network, SettingsSummary.network)
    take("layers", SettingsSummary.treatments)
    take(SettingKey.classes) { SettingsSummary.counted($0) }
    take(SettingKey.preprocessing, as: "images", SettingsWords.preprocessing)
    take(SettingKey.solver, SettingsWords.solver)
    take("validate", SettingsWords.validation)
    for (key, value) in rest.sorted(by: { $0.key < $1.key }) where value != .null {
      lines.append((key, SettingsSummary.brief(value)))
    }
    self.lines = lines
  }

  /// `3×32×32, 4 layers: conv1, conv2, conv3, fc4`
  private static func network(_ network: Value) -> String {
    let names = SettingsWords.layers(network).map(\.name)
    return (SettingsWords.input(network).map { "\($0), " } ?? "")
      + "\(Basics.counted(names.count, "layer")): \(listed(names))"
  }

  /// `copied, frozen: conv1, conv2; initialised, learning: conv3, fc4`
  private static func treatments(_ layers: Value) -> String {
    var order: [String] = []
    var names: [String: [String]] = [:]
    for layer in layers.asList ?? [] {
      var words = [
        layer["origin"]?.asString == LayerOrigin.copied.rawValue ? "copied" : "initialised",
        layer["state"]?.asString ?? "?",
      ]
      if let rate = layer["rate"]?.double, rate != 1 {
        words.append("learning rate × \(SettingsWords.number(rate))")
      }
      if layer["statistics"] != nil { words.append("batch statistics") }
      if layer["distribution"] != nil { words.append("distribution of the source") }
      let treatment = words.joined(separator: ", ")
      if names[treatment] == nil { order.append(treatment) }
      names[treatment, default: []].append(layer["layer"]?.asString ?? "?")
    }
    return order.map { "\($0): \(listed(names[$0] ?? []))" }.joined(separator: "; ")
  }

  /// `10: ant, bee, …`
  private static func counted(_ list: Value) -> String {
    let names = (list.asList ?? []).map { $0.asString ?? $0.json() }
    return "\(grouped(names.count)): \(listed(names))"
  }

  /// The first of some names, and how many more there are.
  private static func listed(_ names: [String]) -> String {
    let most = 12
    let more = names.count > most ? " and \(grouped(names.count - most)) more" : ""
    return names.prefix(most).joined(separator: ", ") + more
  }

  /// Any other setting on one line.
  private static func brief(_ value: Value) -> String {
    switch value {
    case .string(let text):
      if text.utf8.count == 64, let digest = Fingerprint(hexadecimal: text) { return digest.short }
      return text
    case .list(let elements):
      return elements.contains { $0.asMap != nil || $0.asList != nil }
        ? Basics.counted(elements.count, "entry", plural: "entries") : listed(elements.map(brief))
    case .map(let entries):
      return entries.sorted { $0.key < $1.key }.map { "\($0.key) \(brief($0.value))" }
        .joined(separator: ", ")
    case .number(let number): return SettingsWords.number(number)
    case .null, .bool, .integer: return value.json()
    }
  }
}
