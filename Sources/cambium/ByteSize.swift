import ArgumentParser

/// A number of bytes in a form such as `500M`, `1.5G`, `10GB`, `8GiB`; plain numbers are bytes.
struct ByteSize: ExpressibleByArgument, Equatable {
  var bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), number.isFinite else { return nil }
    let units: [String: Double] = [
      "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12,
      "tb": 1e12, "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]
    guard let unit = units[argument.dropFirst(digits.count).lowercased()] else { return nil }
    let bytes = number * unit
    guard bytes < 1e18 else { return nil }
    self.bytes = Int(bytes)
  }

  var defaultValueDescription: String { bytes == 0 ? "0" : "\(bytes / 1_000_000_000)G" }
}
