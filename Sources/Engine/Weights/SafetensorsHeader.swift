import Basics

/// The type of a tensor's numbers. Only the supported types are interpreted.
enum SafetensorsType: Hashable, Sendable {
  case f32, f16, bf16
  /// As named in the file.
  case other(String)

  init(_ name: String) {
    switch name {
    case "F32": self = .f32
    case "F16": self = .f16
    case "BF16": self = .bf16
    default: self = .other(name)
    }
  }

  var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .bf16: "BF16"
    case .other(let name): name
    }
  }

  /// Bytes per number; `nil` for unsupported types.
  var size: Int? {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .other: nil
    }
  }

  /// Whether tensors of the type can be read as parameters.
  var isRead: Bool { size != nil }
}

/// The validated header of a safetensors file: its tensors fill the file without gaps or overlaps.
struct SafetensorsHeader {
  struct Entry {
    var name: String
    var type: SafetensorsType
    var shape: [Int]
    /// The byte range, relative to the end of the header.
    var offsets: Range<Int>

    /// - Throws: `DiagnosticError` for an unsupported type.
    func checkReadable() throws {
      guard type.isRead else {
        throw SafetensorsHeader.failure(
          "tensor '\(name)' has dtype '\(type.name)'; F32, F16 and BF16 can be read")
      }
    }
  }

  /// By ascending offset, without gaps or overlaps.
  var entries: [Entry]

  /// As in the format's own reader: no network needs more, and a hostile length must not be trusted.
  static let longest = 100_000_000

  /// The header, and the offset of the numbers.
  static func read(_ bytes: [UInt8]) throws -> (SafetensorsHeader, data: Int) {
    guard bytes.count >= 8 else {
      throw failure("the file has \(bytes.count) bytes, too few for a header")
    }
    let length = try length(bytes[..<8], fileSize: bytes.count)
    let data = 8 + length
    return (try SafetensorsHeader(json: bytes[8..<data], dataCount: bytes.count - data), data)
  }

  /// The length of the header, from the first eight bytes of a file.
  static func length(_ bytes: ArraySlice<UInt8>, fileSize: Int) throws -> Int {
    let length = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let problem = "the header claims \(length) bytes, but the file has \(fileSize)"
    guard length <= UInt64(longest) else { throw failure(problem) }
    guard Int(length) <= fileSize - 8 else {
      throw failure(problem, notes: [.init("it may be cut off: download or copy it again")])
    }
    return Int(length)
  }

  /// Parses the text of a header.
  ///
  /// - Parameter dataCount: the number of bytes after the header.
  init(json: ArraySlice<UInt8>, dataCount: Int) throws {
    let value: Value
    do {
      value = try Value(json: Array(json))
    } catch {
      throw SafetensorsHeader.failure("the header is not JSON: \(error)")
    }
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
      let isCutOff = dataCount < end
      throw SafetensorsHeader.failure(
        "the tensors have \(end) bytes in all, but the file holds \(dataCount)",
        notes: isCutOff ? [.init("it is cut off: download or copy it again")] : [])
    }
  }

  private static func entry(_ name: String, _ value: Value) throws -> Entry {
    guard case .string(let typeName)? = value["dtype"] else {
      throw failure("tensor '\(name)' has no dtype")
    }
    let type = SafetensorsType(typeName)
    guard let shape = integers(value["shape"]), shape.allSatisfy({ $0 >= 0 }) else {
      throw failure("tensor '\(name)' has no proper shape")
    }
    guard let offsets = integers(value["data_offsets"]), offsets.count == 2, offsets[0] >= 0,
      offsets[1] >= offsets[0]
    else {
      throw failure("tensor '\(name)' has no proper data_offsets")
    }
    if var size = type.size {
      for extent in shape {
        let (product, overflows) = size.multipliedReportingOverflow(by: extent)
        guard !overflows else {
          throw failure("tensor '\(name)' has an impossible shape \(shape)")
        }
        size = product
      }
      guard size == offsets[1] - offsets[0] else {
        throw failure(
          "tensor '\(name)' of shape \(shape) takes \(size) bytes, but its offsets span "
            + "\(offsets[1] - offsets[0])")
      }
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

  static func failure(_ message: String, notes: [Diagnostic.Note] = []) -> DiagnosticError {
    DiagnosticError("not a usable safetensors file: \(message)", notes: notes)
  }
}
