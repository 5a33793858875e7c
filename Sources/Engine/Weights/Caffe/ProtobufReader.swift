/// Reads the fields of a message in Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), one after
/// the other. Nothing is trusted: a length that leads out of the message is an error.
///
/// Caffe's models need a dozen fields of four messages: a library for the whole format would be larger than what reads
/// them.
struct ProtobufReader {
  enum Content {
    case number(UInt64)
    /// Little-endian: 8 or 4 bytes.
    case fixed(Range<Int>)
    /// A text, numbers that follow one another, or a message.
    case bytes(Range<Int>)
  }

  struct Malformed: Error {}

  private let bytes: UnsafeRawBufferPointer
  private var position: Int
  private let end: Int

  /// - Parameter range: the message's place in `bytes`, which must stay as long as the reader.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next field with its number; `nil` at the end.
  mutating func next() throws(Malformed) -> (field: Int, content: Content)? {
    guard position < end else { return nil }
    let key = try number()
    guard let field = Int(exactly: key >> 3), field > 0 else { throw Malformed() }
    switch key & 7 {
    case 0: return (field, .number(try number()))
    case 1: return (field, .fixed(try take(8)))
    case 2: return (field, .bytes(try take(number())))
    case 5: return (field, .fixed(try take(4)))
    // Groups were given up before Caffe was written.
    default: throw Malformed()
    }
  }

  /// A number in up to ten bytes of seven bits, the lowest first.
  mutating func number() throws(Malformed) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard position < end else { throw Malformed() }
      let byte = UInt64(bytes[position])
      position += 1
      // The tenth byte has room for the last bit only.
      guard shift < 63 || byte <= 1 else { throw Malformed() }
      result |= (byte & 0x7f) << shift
      if byte < 0x80 { return result }
    }
    throw Malformed()
  }

  /// Whether nothing is left.
  var isAtEnd: Bool { position == end }

  private mutating func take(_ count: UInt64) throws(Malformed) -> Range<Int> {
    guard count <= UInt64(end - position) else { throw Malformed() }
    defer { position += Int(count) }
    return position..<position + Int(count)
  }
}
