extension DatasetDefinition {
  /// The size of packed images, in bytes; of encoded ones, an estimate for photographs.
  package func packedBytes(images: Int, of size: Size) -> Int {
    let pixels = product(images, [size.height, size.width, channels])
    guard case .jpeg(let quality) = storage, pixels < .max else { return pixels }
    let encoded = Double(pixels) * Storage.bytesPerSample(quality: quality, channels: channels)
    return Int(encoded) + product(images, [Storage.headerBytes])
  }

  private func product(_ images: Int, _ factors: [Int]) -> Int {
    factors.reduce(images) { bytes, factor in
      let (product, overflow) = bytes.multipliedReportingOverflow(by: factor)
      return overflow ? .max : product
    }
  }

  /// The least that packed images may take, in bytes: encoded images differ in size by their content.
  package func leastPackedBytes(images: Int, of size: Size) -> Int {
    let bytes = packedBytes(images: images, of: size)
    return storage == .pixels ? bytes : bytes / 3
  }

  /// The estimated memory for preparing, in bytes: a round of images, encoded and packed, and, for files, the
  /// photographs being decoded. The largest images take more, up to what '--memory' allows.
  package var preparationMemory: Int {
    let round = 80 << 20
    if case .shapes = source { return round }
    return round + (256 << 20)
  }
}

extension DatasetDefinition.Storage {
  /// Bytes of an encoded image's tables.
  fileprivate static let headerBytes = 600

  /// Measured on 58 photographs of ImageNet, reduced to 256×256, by quality.
  private static let measured: [(quality: Int, bytes: Double)] = [
    (1, 0.02), (50, 0.047), (75, 0.072), (85, 0.097), (90, 0.124), (95, 0.181), (100, 0.437),
  ]

  /// Bytes per sample of a photograph, without its tables.
  fileprivate static func bytesPerSample(quality: Int, channels: Int) -> Double {
    var (low, high) = (measured[0], measured[1])
    for pair in zip(measured, measured.dropFirst()) where pair.0.quality <= quality {
      (low, high) = pair
    }
    let share = Double(quality - low.quality) / Double(high.quality - low.quality)
    let bytes = low.bytes + share * (high.bytes - low.bytes)
    // Most of it is luma.
    return channels == 1 ? 2.4 * bytes : bytes
  }
}
