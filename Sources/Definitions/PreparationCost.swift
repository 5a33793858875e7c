extension DatasetDefinition {
  /// The size of packed images, in bytes.
  package func packedBytes(images: Int, of size: Size) -> Int {
    [size.height, size.width, channels].reduce(images) { bytes, factor in
      let (product, overflow) = bytes.multipliedReportingOverflow(by: factor)
      return overflow ? .max : product
    }
  }

  /// The estimated memory for preparing, in bytes: a round of images, encoded and packed, and, for files, the
  /// photographs being decoded. The largest images take more, up to what '--memory' allows.
  package var preparationMemory: Int {
    let round = 80 << 20
    if case .shapes = source { return round }
    return round + (256 << 20)
  }
}
