import Basics

extension Weights {
  /// Reads the bytes of a safetensors file: tensors of F32, F16 or BF16, in the order of their numbers.
  ///
  /// - Throws: `DiagnosticError` for anything that is not a complete, consistent file: the header and its offsets are
  ///   not trusted.
  package init(safetensors bytes: [UInt8]) throws {
    let (header, data) = try SafetensorsHeader.read(bytes)
    self.init(
      try header.entries.map { entry in
        try entry.checkReadable()
        return Tensor(
          name: entry.name, shape: entry.shape,
          values: entry.type.values(
            bytes, data + entry.offsets.lowerBound..<data + entry.offsets.upperBound))
      })
  }
}

extension SafetensorsType {
  /// The numbers in a range of bytes.
  ///
  /// - Precondition: the type is supported.
  func values(_ bytes: [UInt8], _ range: Range<Int>) -> [Float] {
    guard let size else { preconditionFailure("the header says whether a tensor can be read") }
    let count = range.count / size
    return bytes.withUnsafeBytes { bytes in
      [Float](unsafeUninitializedCapacity: count) { target, initialized in
        for index in 0..<count {
          let place = range.lowerBound + index * size
          let value: Float
          switch self {
          case .f32:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            value = Float(bitPattern: UInt32(littleEndian: bits))
          case .f16:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)
            value = SafetensorsType.float(half: UInt16(littleEndian: bits))
          case .bf16:
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self)
            value = Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
          case .other:
            preconditionFailure("the header says whether a tensor can be read")
          }
          target.initializeElement(at: index, to: value)
        }
        initialized = count
      }
    }
  }

  /// A number in IEEE 754 binary16, from its bits.
  private static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1f
    let fraction = UInt32(bits) & 0x3ff
    if exponent == 0 {
      let magnitude = Float(fraction) * 0x1p-24
      return Float(bitPattern: magnitude.bitPattern | sign)
    }
    // Infinities and NaN have the highest exponent in both formats.
    let wide = exponent == 0x1f ? 0xff : exponent + 112
    return Float(bitPattern: sign | wide << 23 | fraction << 13)
  }
}
