import Basics

/// Reads the header of a record in exactly the form that this program writes, byte by byte, since planning reads
/// thousands of them.
///
/// Any deviation, even a space or an escape, is left to the JSON reader, which can report problems.
package struct HeaderScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// The header; `nil` if it has to be read as JSON.
  package static func header(of bytes: [UInt8]) -> StageRecord.Header? {
    bytes.withUnsafeBufferPointer {
      var scanner = HeaderScanner(bytes: $0)
      return scanner.header()
    }
  }

  /// Whether bytes begin with a header of a stage with outputs that satisfy a condition; not if it has to be read as
  /// JSON.
  ///
  /// - Parameter isThere: the condition on the hexadecimal digits of an output's digest, and on its size.
  static func isHeader(
    _ bytes: UnsafeBufferPointer<UInt8>, of fingerprint: Fingerprint,
    where isThere: (_ digits: UnsafeBufferPointer<UInt8>, _ size: Int) -> Bool
  ) -> Bool {
    var scanner = HeaderScanner(bytes: bytes)
    var last: UnsafeBufferPointer<UInt8>?
    let found = scanner.scan { name, digits, size in
      if let last, !last.lexicographicallyPrecedes(name) { return false }
      last = name
      guard digits.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }) else { return false }
      return isThere(digits, size)
    }
    return found.map { Fingerprint(hexadecimal: $0) == fingerprint } ?? false
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Passes the name, the digits of the digest, and the size of each output to `output`, which returns whether to go on.
  ///
  /// - Returns: the digits of the stage's fingerprint; `nil` if the header has to be read as JSON.
  private mutating func scan(
    _ output: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>, Int) -> Bool
  ) -> UnsafeBufferPointer<UInt8>? {
    guard take("{\"header\":{\"fingerprint\":\""), let fingerprint = digits(),
      take("\",\"format\":"), number() == StageRecord.format, take(",\"outputs\":{")
    else { return nil }
    if !take("}") {
      repeat {
        guard take("\""), let name = plainText(), take("\":{\"digest\":\""),
          let digest = digits(), take("\",\"size\":"), let size = number(),
          StoredObject.sizes ~= size, take("}"), output(name, digest, size)
        else { return nil }
      } while take(",")
      guard take("}") else { return nil }
    }
    return take("},\n") ? fingerprint : nil
  }

  private mutating func header() -> StageRecord.Header? {
    var outputs: [NamedObject] = []
    let found = scan { name, digits, size in
      let name = String(decoding: name, as: UTF8.self)
      // Names are written in order, so there are no duplicates.
      if let last = outputs.last, !last.name.utf8.lexicographicallyPrecedes(name.utf8) {
        return false
      }
      guard let digest = Fingerprint(hexadecimal: digits) else { return false }
      outputs.append(NamedObject(name: name, object: StoredObject(digest: digest, size: size)))
      return true
    }
    guard let found, let fingerprint = Fingerprint(hexadecimal: found) else { return nil }
    return StageRecord.Header(fingerprint: fingerprint, outputs: outputs)
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
    position += count
    return true
  }

  /// As many bytes as a digest has hexadecimal digits.
  private mutating func digits() -> UnsafeBufferPointer<UInt8>? {
    guard position + 64 <= bytes.count else { return nil }
    defer { position += 64 }
    return UnsafeBufferPointer(rebasing: bytes[position..<position + 64])
  }

  /// Digits up to a length that fits an `Int`; no sign, and no leading zero except in `0` itself.
  private mutating func number() -> Int? {
    var number = 0
    let start = position
    while position < bytes.count, position - start < 18,
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position]
    {
      number = number * 10 + Int(bytes[position] - UInt8(ascii: "0"))
      position += 1
    }
    let digits = position - start
    guard digits > 0, digits == 1 || bytes[start] != UInt8(ascii: "0") else { return nil }
    return number
  }

  /// Printable ASCII without escapes, up to a quotation mark.
  private mutating func plainText() -> UnsafeBufferPointer<UInt8>? {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      guard 0x20..<0x7f ~= bytes[position], bytes[position] != UInt8(ascii: "\\") else {
        return nil
      }
      position += 1
    }
    return UnsafeBufferPointer(rebasing: bytes[start..<position])
  }
}
