import Basics

/// A note, a record or a list of contents whose last line has the digest of those before it; others as they are.
package func withRightDigest(_ bytes: [UInt8]) -> [UInt8] {
  let start = Array("\n\"digest\":\"".utf8)
  let places = bytes.indices.dropLast(min(bytes.count, start.count))
  guard let line = places.last(where: { bytes[$0...].starts(with: start) }) else { return bytes }
  let first = bytes[...line]
  return first + Array("\"digest\":\"\(Fingerprint(of: Array(first)).hexadecimal)\"}\n".utf8)
}

/// A tar archive whose headers have the checksums that belong to them; others as they are.
package func withRightHeaders(_ bytes: [UInt8]) -> [UInt8] {
  var mended = bytes
  for start in stride(from: 0, to: bytes.count - 511, by: 512)
  where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
    for place in start + 148..<start + 156 { mended[place] = UInt8(ascii: " ") }
    let sum = mended[start..<start + 512].reduce(0) { $0 + Int($1) }
    let digits = String(sum, radix: 8)
    let field = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "\0 "
    mended.replaceSubrange(start + 148..<start + 156, with: field.utf8.prefix(8))
  }
  return mended
}
