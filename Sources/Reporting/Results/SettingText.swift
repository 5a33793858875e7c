import Basics
import Planning

/// A variable of a report as its reader would call it. Variables with names of the file's author stay as they are;
/// settings named by their paths (see `DifferingSettings`) are put into words.
package struct SettingText {
  /// The name, for the heading of a column: `learning rate`, `conv1: learning rate ×`.
  package let heading: String
  private let path: [Substring]

  /// The beginning of the paths of a source network's settings.
  static let source = "source"

  /// - Parameter name: the variable's name, or the path of a setting.
  package init(_ name: String) {
    var path = name.split(separator: ".", omittingEmptySubsequences: false)
    var owner = ""
    while path.count > 1, path[0] == SettingText.source {
      path.removeFirst()
      owner = owner.isEmpty ? "source network: " : "its " + owner
    }
    if path.count > 2, path[0] == "phases", let phase = Int(path[1]) {
      path.removeFirst(2)
      owner += "phase \(phase + 1): "
    }
    self.path = path
    heading = owner + SettingText.heading(path)
  }

  /// `learning rate 0.02`, `batch statistics in block`, `weights from a.safetensors`
  package func phrase(_ value: VariableValue) -> String {
    let isNone = value == .text("none")
    switch (path.first, path.count) {
    case ("statistics"?, 1) where isNone: return "running statistics"
    case ("distribution"?, 1) where isNone: return "own distributions"
    case ("weights"?, 2) where isNone && path[1] == "content": return "no weights file"
    case ("rates"?, 2) where isNone: return "\(heading) 1"
    case ("solver"?, 3) where path[1] == "average":
      return isNone ? "weights not averaged" : "weights averaged over \(text(value)) \(path[2])"
    case ("solver"?, 3) where path[1] == "clip" && isNone: return "gradient not clipped"
    case _ where isNone && isOfSolver: return "no \(heading)"
    default: return "\(heading) \(text(value))"
    }
  }

  /// The value alone; lists by their elements.
  package func text(_ value: VariableValue) -> String {
    guard case .text(let text) = value, text.first == "[",
      let elements = try? Value(json: text).asList
    else { return "\(value)" }
    let words = elements.map { $0.asString ?? $0.json() }
    if path == ["dataset", "size"] { return words.joined(separator: "×") }
    let shown = words.prefix(SettingText.mostElements).joined(separator: ", ")
    return words.count > SettingText.mostElements
      ? "\(shown) and \(grouped(words.count - SettingText.mostElements)) more" : shown
  }

  private static let mostElements = 8

  /// What a solver may lack: momentum, averaging, smoothing.
  private var isOfSolver: Bool { path.count > 1 && path[0] == "solver" }

  // MARK: - Headings

  /// What settings are called whose paths say it in the program's words.
  private static let names = [
    "statistics": "batch statistics in", "distribution": "distribution of the source in",
    "weights.content": "weights from",
    "dataset.content": "dataset", "hold-out.per-class": "held-out images per class",
    "hold-out.fraction": "held-out fraction", "solver.rate.start": "learning rate",
    "solver.rate.policy": "learning-rate policy", "solver.batch": "batch size",
    "solver.decay": "weight decay", "solver.rule": "update rule", "solver.length.epochs": "epochs",
    "solver.length.iterations": "iterations", "solver.rate.warm-up": "warm-up",
    "solver.average.epochs": "weights averaged over epochs",
    "solver.average.iterations": "weights averaged over iterations",
    "solver.toward-source": "decay toward source", "solver.label-smoothing": "label smoothing",
    "solver.layer-decay": "layer decay of the rate", "solver.clip.norm": "gradient norm clipped to",
    "solver.steps-of": "images at once",
  ]

  private static func heading(_ path: [Substring]) -> String {
    let whole = path.joined(separator: ".")
    if let name = names[whole] { return name }
    guard path.count > 1 else { return whole }
    let rest = path.dropFirst()
    switch path[0] {
    case "rates": return "\(rest.joined(separator: ".")): learning rate ×"
    case "solver" where path[1] == "rate":
      return "learning-rate \(words(rest.dropFirst()))"
    case "solver", "preprocessing": return words(rest)
    case "network" where path[1] == "layers" && path.count > 2:
      return layer(Array(path.dropFirst(2)))
    case "layers": return "\(rest.dropLast().joined(separator: ".")): \(path[path.count - 1])"
    case "weights" where path[1] == "names": return "\(words(rest.dropFirst())) in the file"
    case "dataset", "measured", "network", "validate": return words(path[...])
    default: return whole
    }
  }

  /// `conv1: conv filters`; an operation that is not the layer's first is numbered.
  private static func layer(_ path: [Substring]) -> String {
    guard let start = path.firstIndex(of: "operations"), start > 0 else {
      return words(path[...])
    }
    let name = path[..<start].joined(separator: ".")
    let inside = path[(start + 1)...].compactMap { part in
      Int(part).map { $0 == 0 ? nil : "operation \($0 + 1)" } ?? String(part)
    }
    return "\(name): \(inside.joined(separator: " "))"
  }

  private static func words(_ path: ArraySlice<Substring>) -> String {
    path.filter { $0 != "policy" && $0 != "content" }.joined(separator: " ")
  }
}
