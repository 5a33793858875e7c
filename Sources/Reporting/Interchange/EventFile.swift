/// A file of scalars by step in TensorBoard's format.
///
/// The file is a sequence of records (TensorFlow's TFRecord: the length of the data as a 64-bit integer, its
/// checksum, the data, its checksum; all little-endian). Each record is an `Event` in the protocol buffers' encoding:
/// `wall_time` (field 1, double), `step` (2, int64), and `file_version` (3, string) or `summary` (5), a `Summary`
/// with one `Value` (1) with `tag` (1, string) and `simple_value` (2, float). Default values are omitted, except for
/// `simple_value`, which is a member of a oneof.
package struct EventFile {
  /// The bytes written so far.
  package private(set) var bytes: [UInt8] = []

  /// Starts a file.
  ///
  /// - Parameter time: in seconds since 1970.
  package init(time: Double) {
    var event = EventFile.event(time: time, step: 0)
    event.append(3, Array("brain.Event:2".utf8))
    append(event)
  }

  /// Adds a scalar.
  ///
  /// - Parameter time: when it was measured, in seconds since 1970.
  package mutating func add(_ tag: String, _ value: Double, step: Int, time: Double) {
    var scalar = Message()
    scalar.append(1, Array(tag.utf8))
    scalar.append(2, Float(value))
    var summary = Message()
    summary.append(1, scalar.bytes)
    var event = EventFile.event(time: time, step: step)
    event.append(5, summary.bytes)
    append(event)
  }

  private static func event(time: Double, step: Int) -> Message {
    var event = Message()
    if time != 0 { event.append(1, time) }
    if step != 0 { event.append(2, step) }
    return event
  }

  private mutating func append(_ event: Message) {
    let length = littleEndian(UInt64(event.bytes.count))
    bytes += length + littleEndian(EventFile.checksum(of: length))
    bytes += event.bytes + littleEndian(EventFile.checksum(of: event.bytes))
  }

  /// TFRecord's checksum: a CRC-32C, rotated and offset so that it remains useful for data that contains checksums.
  static func checksum(of bytes: [UInt8]) -> UInt32 {
    let sum = CRC32C.checksum(of: bytes)
    return (sum >> 15 | sum << 17) &+ 0xa282_ead8
  }
}

/// A message in the protocol buffers' encoding: each field has a number and a wire type.
private struct Message {
  var bytes: [UInt8] = []

  mutating func append(_ field: UInt64, _ number: Double) {
    appendKey(field, kind: 1)
    bytes += littleEndian(number.bitPattern)
  }

  mutating func append(_ field: UInt64, _ number: Float) {
    appendKey(field, kind: 5)
    bytes += littleEndian(number.bitPattern)
  }

  mutating func append(_ field: UInt64, _ number: Int) {
    appendKey(field, kind: 0)
    append(UInt64(bitPattern: Int64(number)))
  }

  mutating func append(_ field: UInt64, _ content: [UInt8]) {
    appendKey(field, kind: 2)
    append(UInt64(content.count))
    bytes += content
  }

  private mutating func appendKey(_ field: UInt64, kind: UInt64) { append(field << 3 | kind) }

  /// A varint: seven bits per byte, lowest first; the top bit of a byte says that another follows.
  private mutating func append(_ number: UInt64) {
    var rest = number
    while rest > 0x7f {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

private func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
