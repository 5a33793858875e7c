extension DatasetDefinition {
  /// Bytes that packed images of a size take.
  package func packedBytes(images: Int, of size: Size) -> Int {
    [size.height, size.width, channels].reduce(images) { bytes, factor in
      let (product, overflow) = bytes.multipliedReportingOverflow(by: factor)
      return overflow ? .max : product
    }
  }

  /// Bytes of memory that preparing takes; an estimate. A round of images, encoded and packed, and, of files,
  /// photographs that are being decoded; the largest images take more, as much as '--memory' allows.
  package var preparationMemory: Int {
    let round = 80 << 20
    if case .shapes = source { return round }
    return round + (256 << 20)
  }
}
