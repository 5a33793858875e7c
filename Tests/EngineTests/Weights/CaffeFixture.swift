/// Caffe models made by hand: messages in Protocol Buffers' wire format.
enum CaffeFixture {
  static func number(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func field(_ field: UInt64, _ value: UInt64) -> [UInt8] {
    number(field << 3) + number(value)
  }

  static func field(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
    number(field << 3 | 2) + number(UInt64(content.count)) + content
  }

  static func field(_ field: UInt64, _ text: String) -> [UInt8] {
    self.field(field, Array(text.utf8))
  }

  static func floats(_ values: [Float]) -> [UInt8] {
    values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
  }

  static func blob(_ shape: [UInt64], _ values: [Float]) -> [UInt8] {
    field(7, field(1, shape.flatMap(number))) + field(5, floats(values))
  }

  /// A blob of the older format: four axes, and each number a field of its own.
  static func oldBlob(_ shape: [UInt64], _ values: [Float]) -> [UInt8] {
    (0..<4).flatMap { field(UInt64($0 + 1), shape[$0]) }
      + values.flatMap { number(5 << 3 | 5) + floats([$0]) }
  }

  static func layer(_ name: String, _ type: String, _ blobs: [[UInt8]]) -> [UInt8] {
    field(100, field(1, name) + field(2, type) + blobs.flatMap { field(7, $0) })
  }

  static func oldLayer(_ name: String, type: UInt64, _ blobs: [[UInt8]]) -> [UInt8] {
    field(2, blobs.flatMap { field(6, $0) } + field(4, name) + field(5, type))
  }

  /// 0, 1, 2, …
  static func counting(_ count: Int) -> [Float] { (0..<count).map(Float.init) }

  static let current: [UInt8] =
    field(1, "CaffeNet") + layer("data", "Data", [])
    + layer("conv1", "Convolution", [blob([2, 3, 1, 2], counting(12)), blob([2], [1, 2])])
    + layer(
      "bn1", "BatchNorm", [blob([2], [4, 8]), blob([2], [2, 6]), blob([1], [2])])
    + layer("scale1", "Scale", [blob([2], [3, 5]), blob([2], [-1, 1])])
    + layer("conv2", "Convolution", [blob([1, 3, 1, 1], [7, 8, 9])])
    + layer("fc3", "InnerProduct", [blob([2, 4], counting(8)), blob([2], [0, 1])])

  static let old: [UInt8] =
    field(1, "AlexNet")
    + oldLayer("conv1", type: 4, [oldBlob([1, 3, 1, 1], [1, 2, 3]), oldBlob([1, 1, 1, 1], [5])])
    + oldLayer(
      "fc2", type: 14, [oldBlob([1, 1, 2, 3], counting(6)), oldBlob([1, 1, 1, 2], [1, 2])])
}
