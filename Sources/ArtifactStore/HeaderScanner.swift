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

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private mutating func header() -> StageRecord.Header? {
    guard take("{\"header\":{\"fingerprint\":\""), let fingerprint = fingerprint(),
      take("\",\"format\":"), number() == StageRecord.format, take(",\"outputs\":{")
    else { return nil }
    var outputs: [NamedObject] = []
    if !take("}") {
      repeat {
        guard take("\""), let name = plainText(), take("\":{\"digest\":\""),
          let digest = self.fingerprint(), take("\",\"size\":"), let size = number(),
          StoredObject.sizes ~= size,
          take("}")
        else { return nil }
        // Names are written in order, so there are no duplicates.
        if let last = outputs.last, !last.name.utf8.lexicographicallyPrecedes(name.utf8) {
          return nil
        }
        outputs.append(NamedObject(name: name, object: StoredObject(digest: digest, size: size)))
      } while take(",")
      guard take("}") else { return nil }
    }
    guard take("},\n") else { return nil }
    return StageRecord.Header(fingerprint: fingerprint, outputs: outputs)
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
    position += count
    return true
  }

  private mutating func fingerprint() -> Fingerprint? {
    guard position + 64 <= bytes.count else { return nil }
    let digits = UnsafeBufferPointer(rebasing: bytes[position..<position + 64])
    position += 64
    return Fingerprint(hexadecimal: digits)
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
  private mutating func plainText() -> String? {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      guard 0x20..<0x7f ~= bytes[position], bytes[position] != UInt8(ascii: "\\") else {
        return nil
      }
      position += 1
    }
    return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
  }
}
