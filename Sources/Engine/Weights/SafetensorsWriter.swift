import Basics

/// Weights as a safetensors file: eight bytes of header length, a JSON header, then the numbers.
///
/// Written directly rather than from a map, so that tensors keep their order: the same weights always produce the
/// same bytes. All numbers are written as little-endian F32.
extension Weights {
  /// The bytes of the whole file.
  package var safetensors: [UInt8] { safetensors(metadata: [:]) }

  /// The same with further entries in the header's `__metadata__`.
  package func safetensors(metadata: [String: String]) -> [UInt8] {
    var bytes: [UInt8] = []
    forEachPiece(metadata: metadata) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// The bytes of the file in pieces, so that those of a large network are never assembled in memory.
  func forEachPiece(
    metadata: [String: String] = [:], _ body: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    let start = SafetensorsHeader.bytes(
      of: tensors.map { ($0.name, $0.shape) }, metadata: metadata)
    try start.withUnsafeBytes { try body($0) }
    for tensor in tensors {
      #if _endian(little)
        try tensor.values.withUnsafeBytes { try body($0) }
      #else
        try tensor.values.map(\.bitPattern.littleEndian).withUnsafeBytes { try body($0) }
      #endif
    }
  }
}

extension SafetensorsHeader {
  /// What a file of F32 tensors begins with: the length of the header, and the header.
  static func bytes(
    of tensors: [(name: String, shape: [Int])], metadata: [String: String] = [:]
  ) -> [UInt8] {
    let texts = metadata.merging(["format": "pt"]) { $1 }.mapValues(Value.string)
    var entries = [#""__metadata__":\#(Value.map(texts).json())"#]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.shape.reduce(4, *)
      let name = Value.string(tensor.name).json()
      let shape = Value.list(tensor.shape.map(Value.integer)).json()
      entries.append(
        #"\#(name):{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }
    var header = Array("{\(entries.joined(separator: ","))}".utf8)
    // Spaces after the JSON align the numbers.
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
  }
}
