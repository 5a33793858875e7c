/// A number with a fixed number of decimals, rounded half away from zero: `fixed(62.449, decimals: 1)` is `62.4`.
package func fixed(_ number: Double, decimals: Int) -> String {
  guard number.isFinite else { return "\(number)" }
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  // Halves are rounded up however the number was computed: 1.725 may be one bit below its exact value.
  let scaled = (number.magnitude * scale * (1 + 1e-12)).rounded()
  guard scaled < 1e15 else { return "\(number)" }
  let digits = String(Int(scaled))
  let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
  let sign = number < 0 && scaled > 0 ? "-" : ""
  guard decimals > 0 else { return sign + padded }
  return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
}

/// A duration in readable form: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`.
package func duration(seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0 else { return "?" }
  if seconds < 9.95 { return "\(fixed(seconds, decimals: 1)) s" }
  guard seconds < 1e9 else { return "?" }
  let whole = Int(seconds.rounded())
  func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  if whole < 60 { return "\(whole) s" }
  if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
  return "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
}

/// How long ago something was, in its largest unit: `5 s`, `12 min`, `3 h`, `2 days`.
package func age(seconds: Double) -> String {
  // Clocks of several machines differ.
  let seconds = max(0, seconds.isFinite ? min(seconds, 1e11) : 0)
  switch seconds {
  case ..<60: return "\(Int(seconds)) s"
  case ..<3600: return "\(Int(seconds / 60)) min"
  case ..<172_800: return "\(Int(seconds / 3600)) h"
  default: return "\(grouped(Int(seconds / 86_400))) days"
  }
}

/// A count with its digits in groups of three: `60,965,224`.
package func grouped(_ count: Int) -> String {
  let digits = String(count.magnitude)
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return count < 0 ? "-\(text)" : text
}

/// A count and its noun: `1 stage`, `1,204 stages`, `2 classes`.
package func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
  "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
}
