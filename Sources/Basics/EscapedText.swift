/// Bytes as text; invalid UTF-8 is shown as `\xE9`.
package func escapedText(_ bytes: [UInt8]) -> String {
  var text = ""
  var position = 0
  while position < bytes.count {
    let lengths = 1...min(4, bytes.count - position)
    let characters = lengths.lazy.compactMap { length in
      String(validating: bytes[position..<position + length], as: UTF8.self)
        .map { (length: length, text: $0) }
    }
    if let character = characters.first {
      text += character.text
      position += character.length
    } else {
      let digits = String(bytes[position], radix: 16, uppercase: true)
      text += "\\x" + (digits.count < 2 ? "0" : "") + digits
      position += 1
    }
  }
  return text
}
