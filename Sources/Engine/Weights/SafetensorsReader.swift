import Basics

extension Weights {
  /// Reads a safetensors file's bytes: tensors of F32, F16 or BF16, in the order of their numbers.
  ///
  /// - Throws: `DiagnosticError` for anything that is not a whole, consistent file: the header and its
  ///   offsets are not trusted.
  package init(safetensors bytes: [UInt8]) throws {
    let (header, data) = try SafetensorsHeader.read(bytes)
    self.init(
      header.entries.map { entry in
        Tensor(
          name: entry.name, shape: entry.shape,
          values: entry.type.values(bytes, data + entry.offsets.lowerBound, count: entry.count))
      })
  }
}

/// The types of numbers that are read.
private enum NumberType: String, CaseIterable {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"

  var size: Int { self == .f32 ? 4 : 2 }

  func values(_ bytes: [UInt8], _ start: Int, count: Int) -> [Float] {
    bytes.withUnsafeBytes { bytes in
      [Float](unsafeUninitializedCapacity: count) { target, initialized in
        for index in 0..<count {
          let place = start + index * size
          let value: Float
          switch self {
          case .f32:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            value = Float(bitPattern: UInt32(littleEndian: bits))
          case .f16:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)
            value = NumberType.float(half: UInt16(littleEndian: bits))
          case .bf16:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)
            value = Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
          }
          target.initializeElement(at: index, to: value)
        }
        initialized = count
      }
    }
  }

  /// A number of IEEE 754 binary16, from its bits.
  private static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1f
    let fraction = UInt32(bits) & 0x3ff
    if exponent == 0 {
      let magnitude = Float(fraction) * 0x1p-24
      return Float(bitPattern: magnitude.bitPattern | sign)
    }
    // Infinities and NaN have the greatest exponent in both formats.
    let wide = exponent == 0x1f ? 0xff : exponent + 112
    return Float(bitPattern: sign | wide << 23 | fraction << 13)
  }
}

/// The checked header of a file.
private struct SafetensorsHeader {
  struct Entry {
    var name: String
    var type: NumberType
    var shape: [Int]
    /// Bytes after the header.
    var offsets: Range<Int>
    var count: Int { offsets.count / type.size }
  }

  /// By ascending offset, without gaps or overlaps.
  var entries: [Entry]

  /// As in the format's own reader: no network needs more, and a hostile length must not be believed.
  static let longest = 100_000_000

  /// The header and where the numbers begin.
  static func read(_ bytes: [UInt8]) throws -> (SafetensorsHeader, data: Int) {
    guard bytes.count >= 8 else {
      throw failure("the file has \(bytes.count) bytes, too few for a header")
    }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
    guard length <= UInt64(longest), Int(length) <= bytes.count - 8 else {
      throw failure("the header is said to have \(length) bytes, the file has \(bytes.count)")
    }
    let data = 8 + Int(length)
    let value: Value
    do {
      value = try Value(json: Array(bytes[8..<data]))
    } catch {
      throw failure("the header is not JSON: \(error)")
    }
    return (try SafetensorsHeader(value, dataCount: bytes.count - data), data)
  }

  private init(_ value: Value, dataCount: Int) throws {
    guard case .map(let map) = value else {
      throw SafetensorsHeader.failure("the header is not a map")
    }
    entries = try Value.sorted(map).filter { $0.key != "__metadata__" }.map {
      try SafetensorsHeader.entry($0.key, $0.value)
    }
    entries.sort {
      ($0.offsets.lowerBound, $0.offsets.upperBound)
        < ($1.offsets.lowerBound, $1.offsets.upperBound)
    }
    var end = 0
    for entry in entries {
      guard entry.offsets.lowerBound == end else {
        throw SafetensorsHeader.failure(
          "tensor '\(entry.name)' begins at byte \(entry.offsets.lowerBound) of the data, "
            + "where \(end) was expected")
      }
      end = entry.offsets.upperBound
    }
    guard end == dataCount else {
      throw SafetensorsHeader.failure(
        "the tensors have \(end) bytes in all, but the file holds \(dataCount)")
    }
  }

  private static func entry(_ name: String, _ value: Value) throws -> Entry {
    guard case .string(let typeName)? = value["dtype"] else {
      throw failure("tensor '\(name)' has no dtype")
    }
    guard let type = NumberType(rawValue: typeName) else {
      throw failure(
        "tensor '\(name)' has dtype '\(typeName)'; F32, F16 and BF16 can be read")
    }
    guard let shape = integers(value["shape"]), shape.allSatisfy({ $0 >= 0 }) else {
      throw failure("tensor '\(name)' has no proper shape")
    }
    guard let offsets = integers(value["data_offsets"]), offsets.count == 2, offsets[0] >= 0,
      offsets[1] >= offsets[0]
    else {
      throw failure("tensor '\(name)' has no proper data_offsets")
    }
    var size = type.size
    for extent in shape {
      let (product, overflows) = size.multipliedReportingOverflow(by: extent)
      guard !overflows else { throw failure("tensor '\(name)' has an impossible shape \(shape)") }
      size = product
    }
    guard size == offsets[1] - offsets[0] else {
      throw failure(
        "tensor '\(name)' of shape \(shape) takes \(size) bytes, but its offsets span "
          + "\(offsets[1] - offsets[0])")
    }
    return Entry(name: name, type: type, shape: shape, offsets: offsets[0]..<offsets[1])
  }

  private static func integers(_ value: Value?) -> [Int]? {
    guard case .list(let elements)? = value else { return nil }
    var result: [Int] = []
    for element in elements {
      guard case .integer(let integer) = element else { return nil }
      result.append(integer)
    }
    return result
  }

  private static func failure(_ message: String) -> DiagnosticError {
    DiagnosticError("not a usable safetensors file: \(message)")
  }
}
