import Basics
import Glibc

/// A map from values to positions, with the ticks of its axis.
package struct Scale: Hashable, Sendable {
  package struct Tick: Hashable, Sendable {
    package var value: Double
    /// Empty for ticks without a label.
    package var label: String

    package init(value: Double, label: String) {
      self.value = value
      self.label = label
    }
  }

  package enum Kind: Hashable, Sendable {
    case linear, logarithmic
  }

  package let kind: Kind
  /// The values at both ends of the axis.
  package let domain: ClosedRange<Double>
  package private(set) var ticks: [Tick]
  /// The positions of the ends of the domain; the first may be the larger one.
  private let start: Double
  private let end: Double

  package func position(_ value: Double) -> Double {
    let share =
      switch kind {
      case .linear:
        (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
      case .logarithmic:
        log(max(value, .leastNormalMagnitude) / domain.lowerBound)
          / log(domain.upperBound / domain.lowerBound)
      }
    return start + share * (end - start)
  }

  private init(
    _ kind: Kind, _ domain: ClosedRange<Double>, ticks: [Tick], from start: Double, to end: Double
  ) {
    self.kind = kind
    self.domain = domain
    self.ticks = ticks
    self.start = start
    self.end = end
  }

  /// A linear scale that covers the values, with round numbers at both ends.
  ///
  /// - Parameters:
  ///   - values: non-finite values are ignored; without any values, the scale covers 0 to 1.
  ///   - count: the approximate maximum number of ticks.
  ///   - least: the smallest step between ticks.
  package static func linear(
    covering values: some Sequence<Double>, from start: Double, to end: Double,
    ticks count: Int = 6,
    leastStep least: Double = 0
  ) -> Scale {
    let range = finiteRange(values) ?? 0...1
    let step = max(roundStep(for: range, count: count), least)
    let first = (range.lowerBound / step + 1e-9).rounded(.down)
    let last = max((range.upperBound / step - 1e-9).rounded(.up), first + 1)
    return Scale(
      .linear, (first * step)...(last * step), ticks: ticks(from: first, through: last, step: step),
      from: start, to: end)
  }

  /// A linear scale of exactly this range, with ticks at round numbers.
  package static func linear(
    _ range: ClosedRange<Double>, from start: Double, to end: Double, ticks count: Int = 6
  ) -> Scale {
    let range = finiteRange([range.lowerBound, range.upperBound]) ?? 0...1
    let widened =
      range.lowerBound < range.upperBound
      ? range : (range.lowerBound - 0.5)...(range.upperBound + 0.5)
    let step = roundStep(for: widened, count: count)
    return Scale(
      .linear, widened,
      ticks: ticks(
        from: (widened.lowerBound / step - 1e-9).rounded(.up),
        through: (widened.upperBound / step + 1e-9).rounded(.down), step: step),
      from: start, to: end)
  }

  /// A linear scale with ticks only at the given values.
  package static func linear(
    _ range: ClosedRange<Double>, ticksAt ticks: [Tick], from start: Double, to end: Double
  ) -> Scale {
    let widened =
      range.lowerBound < range.upperBound
      ? range : (range.lowerBound - 0.5)...(range.upperBound + 0.5)
    return Scale(.linear, widened, ticks: ticks, from: start, to: end)
  }

  /// A logarithmic scale that covers the positive values; without any, it covers 1 to 10.
  package static func logarithmic(
    covering values: some Sequence<Double>, from start: Double, to end: Double,
    labels count: Int = 6
  ) -> Scale {
    var range = finiteRange(values.filter { $0 >= 1e-30 && $0 <= 1e30 }) ?? 1...10
    if range.upperBound < range.lowerBound * 1.01 {
      range = range.lowerBound / 2...range.upperBound * 2
    }
    let decades = log10(range.upperBound / range.lowerBound)
    // Only powers of ten for wide ranges, otherwise 1, 2, 5 or all digits.
    let digits: [Double] =
      Double(count) < decades * 1.5
      ? [1] : Double(count) < decades * 4 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 7, 8, 9]
    let stride = max(1, Int((decades / Double(count)).rounded(.up)))
    let low = Int(log10(range.lowerBound).rounded(.down))
    let high = Int(log10(range.upperBound).rounded(.up))
    var ticks: [Tick] = []
    for exponent in low...high where exponent % stride == 0 {
      for digit in digits {
        let value = digit * pow(10, Double(exponent))
        guard value >= range.lowerBound * 0.999, value <= range.upperBound * 1.001 else { continue }
        ticks.append(Tick(value: value, label: plain(value)))
      }
    }
    return Scale(.logarithmic, range, ticks: ticks, from: start, to: end)
  }

  /// The same scale without labels that would overlap. On a logarithmic scale powers of ten come first, then their
  /// doubles and fives, then all others; the second and the third are labelled only if all of them have room.
  package func thinned(size: Double, gap: Double = 5) -> Scale {
    var scale = self
    for index in scale.ticks.indices { scale.ticks[index].label = "" }
    var busy: [ClosedRange<Double>] = []
    let ranks = kind == .linear ? [ticks.indices.map { $0 }] : ranks
    for rank in ranks {
      var taken = busy
      var fitting: [Int] = []
      for index in rank {
        let half = TextMetrics.width(of: ticks[index].label, size: size) / 2 + gap / 2
        let centre = position(ticks[index].value)
        let range = (centre - half)...(centre + half)
        guard !taken.contains(where: { $0.overlaps(range) }) else { continue }
        taken.append(range)
        fitting.append(index)
      }
      guard fitting.count == rank.count || busy.isEmpty else { break }
      for index in fitting { scale.ticks[index].label = ticks[index].label }
      busy = taken
    }
    return scale
  }

  /// The ticks at powers of ten, at twice and five times these, and at other values.
  private var ranks: [[Int]] {
    var ranks: [[Int]] = [[], [], []]
    for index in ticks.indices {
      let exponent = log10(ticks[index].value)
      switch (pow(10, exponent - (exponent + 1e-9).rounded(.down)) * 10).rounded() / 10 {
      case 1: ranks[0].append(index)
      case 2, 5: ranks[1].append(index)
      default: ranks[2].append(index)
      }
    }
    return ranks.filter { !$0.isEmpty }
  }

  // MARK: - Round numbers

  private static func finiteRange(_ values: some Sequence<Double>) -> ClosedRange<Double>? {
    var range: ClosedRange<Double>?
    for value in values where value.isFinite && value.magnitude < 1e30 {
      range = min(range?.lowerBound ?? value, value)...max(range?.upperBound ?? value, value)
    }
    return range
  }

  /// 1, 2 or 5 times a power of ten, so that at most `count` steps cover the range.
  private static func roundStep(for range: ClosedRange<Double>, count: Int) -> Double {
    var span = range.upperBound - range.lowerBound
    // A single value gets a range around it in proportion to its size.
    if span <= range.upperBound.magnitude * 1e-9 {
      span = max(range.upperBound.magnitude * 0.1, 1e-6)
    }
    let raw = span / Double(max(count, 1))
    let power = pow(10, log10(raw).rounded(.down))
    for factor in [1.0, 2, 5] where raw <= factor * power * 1.000001 { return factor * power }
    return 10 * power
  }

  private static func ticks(from first: Double, through last: Double, step: Double) -> [Tick] {
    guard first <= last else { return [] }
    let decimals = max(0, Int(-log10(step).rounded(.down)))
    return stride(from: first, through: last, by: 1).map { index in
      let value = index * step
      return Tick(value: value, label: label(value, step: step, decimals: decimals))
    }
  }

  private static func label(_ value: Double, step: Double, decimals: Int) -> String {
    guard value != 0 else { return "0" }
    let text: String
    if step >= 1e6 {
      text = "\(trimmed(value / 1e6))M"
    } else if step >= 1000 {
      text = "\(trimmed(value / 1000))k"
    } else if decimals > 4 || value.magnitude >= 1e7 {
      text = plain(value)
    } else {
      text = fixed(value, decimals: decimals)
    }
    return text.replacing("-", with: "−")
  }

  /// The shortest form of a number: `0.05`, `200`, `10⁻⁵`, `2·10⁻⁵`, `50k`.
  static func plain(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    let exponent = Int((log10(value.magnitude) + 1e-9).rounded(.down))
    if exponent < -3 || exponent > 6 {
      let mantissa = value / pow(10, Double(exponent))
      let power = "10" + String(String(exponent).map { superscripts[$0] ?? $0 })
      return (mantissa - 1).magnitude < 1e-6 ? power : "\(trimmed(mantissa))·\(power)"
    }
    if exponent >= 4 { return "\(trimmed(value / 1000))k" }
    return trimmed(value)
  }

  private static func trimmed(_ value: Double) -> String {
    var text = fixed(value, decimals: 4)
    guard text.contains(".") else { return text }
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }

  private static let superscripts: [Character: Character] = [
    "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸",
    "9": "⁹", "-": "⁻",
  ]
}
