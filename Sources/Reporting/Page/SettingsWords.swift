import Basics
import Definitions
import Planning

/// Training settings from records, in words. What a record does not contain is omitted.
enum SettingsWords {
  // MARK: - Solvers

  /// `SGD, 12 epochs, batch 128, rate 0.02 (cosine to 0), momentum 0.9, decay 0.0005`
  static func solver(_ solver: Value) -> String {
    var parts = [solver["rule"]?.asString ?? "SGD"]
    if let betas = solver["betas"]?.asList {
      parts.append("betas \(betas.compactMap(\.double).map(number).joined(separator: " and "))")
    }
    if let length = solver["length"].flatMap(length) { parts.append(length) }
    if let batch = solver["batch"]?.asInteger { parts.append("batch \(grouped(batch))") }
    if let rate = solver["rate"] { parts.append(self.rate(rate)) }
    // The numbers of the update rule, whatever their names, then the weight decay.
    let others = (solver.asMap ?? [:]).keys.filter {
      !["decay", "batch", "patience"].contains($0)
    }
    for name in others.sorted() + ["decay"] {
      if let value = solver[name]?.double, value != 0 { parts.append("\(name) \(number(value))") }
    }
    if let precision = solver["precision"]?.asString { parts.append("products in \(precision)") }
    if let norm = solver["clip"]?["norm"]?.double {
      parts.append("gradient clipped to norm \(number(norm))")
    }
    if let average = solver["average"].flatMap(length) {
      parts.append("weights averaged over the last \(average)")
    }
    if solver["keep"] != nil {
      parts.append("the weights that were best on validation images kept")
    }
    if let patience = solver["patience"]?.asInteger {
      parts.append(
        "stops after \(counted(patience, "measurement")) without a new best on validation images"
      )
    }
    return parts.joined(separator: ", ")
  }

  /// `every 1 epoch, keep best, patience 3`; the measured images only if they are not the validation images alone.
  static func validation(_ rule: Value) -> String {
    var parts = [rule["every"].flatMap(length).map { "every \($0)" } ?? "every ?"]
    let subsets = (rule["subsets"]?.asList ?? []).compactMap(\.asString)
    if subsets != [Portion.validation.rawValue] {
      parts[0] += " on \(subsets.joined(separator: " and ")) images"
    }
    if let keep = rule["keep"]?.asString { parts.append("keep \(keep)") }
    if let patience = rule["patience"]?.asInteger { parts.append("patience \(grouped(patience))") }
    return parts.joined(separator: ", ")
  }

  /// `20 % of the training images of each class held out for validation`
  static func holdOut(_ amount: Value) -> String {
    if let fraction = amount["fraction"]?.double {
      return "\(number(100 * fraction)) % of each class's training images held out for validation"
    }
    if let count = amount["own"]?.asInteger {
      return "\(grouped(count)) validation images of its own"
    }
    let count = amount["per-class"]?.asInteger.map { grouped($0) } ?? "some"
    return "\(count) training images of each class held out for validation"
  }

  private static func rate(_ rate: Value) -> String {
    var details: [String] = []
    if let policy = rate["policy"].flatMap(policy) { details.append(policy) }
    if let warmUp = rate["warm-up"].flatMap(length) { details.append("warm-up \(warmUp)") }
    let start = rate["start"]?.double.map(number) ?? "?"
    return "rate \(start)" + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
  }

  private static func policy(_ policy: Value) -> String? {
    if let step = policy["step"], let by = step["by"]?.double,
      let every = step["every"].flatMap(length)
    {
      return "× \(number(by)) every \(every)"
    }
    if let step = policy["multistep"], let by = step["by"]?.double {
      let at = (step["at"]?.asList ?? []).compactMap(length).joined(separator: ", ")
      return "× \(number(by)) after \(at)"
    }
    if let end = policy["cosine"]?["end"]?.double { return "cosine to \(number(end))" }
    if let cycles = policy["restarts"], let every = cycles["every"].flatMap(length) {
      let by = cycles["by"]?.asInteger ?? 1
      return "cosine to \(cycles["end"]?.double.map(number) ?? "0") in cycles of \(every)"
        + (by == 1 ? "" : ", each \(by) times as long as the one before")
    }
    if let cycle = policy["one-cycle"], let peak = cycle["peak"]?.double {
      return "one cycle: up to \(number(peak)), then down to "
        + (cycle["end"]?.double.map(number) ?? "0")
    }
    if let power = policy["polynomial"]?.double { return "polynomial, power \(number(power))" }
    if let by = policy["exponential"]?.double { return "× \(number(by)) each step" }
    return nil
  }

  private static func length(_ length: Value) -> String? {
    for unit in ["epoch", "iteration"] {
      if let count = length["\(unit)s"]?.asInteger {
        return "\(grouped(count)) \(unit)\(count == 1 ? "" : "s")"
      }
    }
    return nil
  }

  // MARK: - Images

  /// `mean image subtracted, divided by 64, mirrored at random, random crop after 4 pixels of padding`
  static func preprocessing(_ preprocessing: Value) -> String {
    var parts: [String] = []
    if let fixed = preprocessing["normalize"] {
      func numbers(_ key: String) -> String {
        (fixed[key]?.asList ?? []).compactMap(\.double).map(number).joined(separator: ", ")
      }
      parts.append(
        "pixels divided by 255, normalised with mean \(numbers("mean")) and deviation "
          + numbers("deviation"))
    }
    switch preprocessing["mean"]?.asString {
    case "image"?: parts.append("mean image subtracted")
    case "color"?: parts.append("mean color subtracted")
    default:
      if preprocessing["mean"]?["file"] != nil { parts.append("mean of a file subtracted") }
    }
    if let scale = preprocessing["scale"]?.double, scale != 1 {
      let inverse = 1 / scale
      parts.append(
        inverse == inverse.rounded()
          ? "divided by \(number(inverse))" : "multiplied by \(number(scale))")
    }
    if let steps = preprocessing[SettingKey.augmentation]?.asList {
      let words = steps.flatMap { ($0.asMap ?? [:]).map { step($0.key, $0.value) } }
      parts.append("augmented in training by \(words.joined(separator: ", "))")
    } else {
      parts.append(
        preprocessing["mirror"]?.asBool == true
          ? "mirrored at random in training" : "never mirrored"
      )
      let padding = preprocessing["padding"]?.asInteger ?? 0
      let crop =
        preprocessing["crop"]?.asString == "random" ? "random crop in training" : "center crop"
      parts.append(padding > 0 ? "\(crop) after padding by \(padding)" : crop)
    }
    return parts.joined(separator: ", ")
  }

  /// An augmentation step: `mirror`, `rotate 15`, `random-resized-crop (ratio 0.75–1.333, scale 0.08–1)`.
  private static func step(_ keyword: String, _ setting: Value) -> String {
    func text(_ value: Value) -> String {
      if let list = value.asList { return list.map(text).joined(separator: "–") }
      return value.double.map(number) ?? value.asString ?? value.json()
    }
    switch setting {
    case .bool: return keyword
    case .string(let word): return "\(word) \(keyword)"
    case .map(let entries):
      let parts = entries.filter { $0.value.double != 0 }.sorted { $0.key < $1.key }
      return "\(keyword) (\(parts.map { "\($0.key) \(text($0.value))" }.joined(separator: ", ")))"
    default: return "\(keyword) \(text(setting))"
    }
  }

  // MARK: - Networks

  /// What batch norms of a training's frozen layers normalised by.
  static func frozenNorms(_ settings: Value) -> Set<NormStatistics> {
    let networks = settings["network"]?["layers"]?.asList ?? []
    let normed = Set(
      networks.filter { hasNorm($0["operations"]) }.compactMap { $0["name"]?.asString })
    let frozen = (settings["layers"]?.asList ?? []).filter {
      $0["state"]?.asString == LayerState.frozen.rawValue
        && normed.contains($0["layer"]?.asString ?? "")
    }
    return Set(
      frozen.map { $0["statistics"]?.asString.flatMap(NormStatistics.init) ?? .running })
  }

  /// Whether there is a batch norm among operations and those on their paths.
  private static func hasNorm(_ operations: Value?) -> Bool {
    (operations?.asList ?? []).contains { operation in
      if operation["batch-norm"] != nil { return true }
      return (operation.asMap ?? [:]).values.contains { ($0.asList ?? []).contains(where: hasNorm) }
    }
  }

  /// `3×32×32`
  static func input(_ network: Value) -> String? {
    shape(network["input"])
  }

  /// `conv 64 5×5, padding 2; ReLU; max-pool 3×3, stride 2`, by layer.
  static func layers(_ network: Value) -> [(name: String, operations: String)] {
    (network["layers"]?.asList ?? []).map { layer in
      (
        layer["name"]?.asString ?? "?",
        (layer["operations"]?.asList ?? []).map(operation).joined(separator: "; ")
      )
    }
  }

  private static func operation(_ operation: Value) -> String {
    if let name = operation.asString { return name == "relu" ? "ReLU" : name }
    guard let (name, settings) = operation.asMap?.first(where: { $0.key != "name" }) else {
      return "?"
    }
    switch name {
    case "conv":
      let filters = settings["filters"]?.asInteger.map(grouped) ?? "?"
      let groups = settings["groups"]?.asInteger ?? 1
      return "conv \(filters)" + window(settings) + (groups > 1 ? ", \(groups) groups" : "")
    case "dense":
      return "dense \(settings["units"]?.asInteger.map(grouped) ?? "classes")"
    case "max-pool": return name + window(settings)
    case "average-pool":
      guard let size = settings["size"]?.asInteger else { return name + window(settings) }
      return size == 1 ? "global average-pool" : "average-pool to \(size)×\(size)"
    case "sum", "concat", "product":
      let paths = (settings.asList ?? []).map { path in
        (path.asList ?? []).map { self.operation($0) }.joined(separator: "; ")
      }
      return "\(name) of [" + paths.joined(separator: "] and [") + "]"
    case "dropout": return "dropout \(settings.double.map(number) ?? "?")"
    case "lrn": return "LRN \(settings["size"]?.asInteger.map { "\($0)" } ?? "")"
    default: return name
    }
  }

  private static func window(_ settings: Value) -> String {
    guard let kernel = settings["kernel"]?.asInteger else { return "" }
    var text = " \(kernel)×\(kernel)"
    if let stride = settings["stride"]?.asInteger, stride != 1 { text += ", stride \(stride)" }
    if let padding = settings["padding"]?.asInteger, padding != 0 { text += ", padding \(padding)" }
    return text
  }

  private static func shape(_ value: Value?) -> String? {
    value?.asList.map { $0.compactMap(\.asInteger).map { "\($0)" }.joined(separator: "×") }
  }

  static func number(_ number: Double) -> String { "\(VariableValue(Value.number(number)))" }
}
