/// An array of a Caffe model: where its numbers are in the file.
struct CaffeBlob {
  var shape: [Int]
  /// Runs of 32-bit or 64-bit numbers.
  private var runs: [Range<Int>] = []
  private var isDouble = false
  let count: Int

  /// Reads `BlobProto` of `caffe.proto` (github.com/BVLC/caffe): `shape` (7) or, in older files, `num`, `channels`,
  /// `height` and `width` (1 to 4); `data` (5) or `double_data` (8), as one run or number by number.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(ProtobufReader.Malformed) {
    var reader = ProtobufReader(bytes, range)
    var shape: [Int]?
    var legacy = [1, 1, 1, 1]
    var isLegacy = false
    var floats: [Range<Int>] = []
    var doubles: [Range<Int>] = []
    while let (field, content) = try reader.next() {
      switch (field, content) {
      case (1...4, .number(let number)):
        guard let extent = Int(exactly: number) else { throw ProtobufReader.Malformed() }
        legacy[field - 1] = extent
        isLegacy = true
      case (5, .bytes(let run)), (5, .fixed(let run)): floats.append(run)
      case (8, .bytes(let run)), (8, .fixed(let run)): doubles.append(run)
      case (7, .bytes(let message)): shape = try CaffeBlob.shape(bytes, message)
      default: break
      }
    }
    guard floats.isEmpty || doubles.isEmpty else { throw ProtobufReader.Malformed() }
    isDouble = !doubles.isEmpty
    runs = isDouble ? doubles : floats
    let width = isDouble ? 8 : 4
    var count = 0
    for run in runs {
      guard run.count % width == 0 else { throw ProtobufReader.Malformed() }
      count += run.count / width
    }
    self.count = count
    self.shape = shape ?? (isLegacy ? legacy : [count])
    var product = 1
    for extent in self.shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { throw ProtobufReader.Malformed() }
      product = next
    }
    guard product == count else { throw ProtobufReader.Malformed() }
  }

  /// Reads `BlobShape`: `dim` (1), as one run or number by number.
  private static func shape(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(ProtobufReader.Malformed) -> [Int] {
    var shape: [Int] = []
    func add(_ number: UInt64) throws(ProtobufReader.Malformed) {
      // Caffe itself has at most 32 axes.
      guard let extent = Int(exactly: number), shape.count < 32 else {
        throw ProtobufReader.Malformed()
      }
      shape.append(extent)
    }
    var reader = ProtobufReader(bytes, range)
    while let (field, content) = try reader.next() {
      switch (field, content) {
      case (1, .number(let number)): try add(number)
      case (1, .bytes(let run)):
        var numbers = ProtobufReader(bytes, run)
        while !numbers.isAtEnd { try add(numbers.number()) }
      default: break
      }
    }
    return shape
  }

  /// The numbers, as 32-bit floats.
  func values(in bytes: UnsafeRawBufferPointer) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count)
    for run in runs {
      for position in stride(from: run.lowerBound, to: run.upperBound, by: isDouble ? 8 : 4) {
        values.append(
          isDouble
            ? Float(
              Double(
                bitPattern: UInt64(
                  littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))))
            : Float(
              bitPattern: UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))))
      }
    }
    return values
  }
}
