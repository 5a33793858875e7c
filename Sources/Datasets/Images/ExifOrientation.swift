/// The orientation of an image in an EXIF block: 1 is upright, 2 to 8 are rotated or mirrored.
///
/// - Parameter tiff: the block, which is a TIFF file without an image (CIPA DC-008, 4.6).
/// - Returns: `nil` if there is none, or it is invalid.
func exifOrientation(_ tiff: UnsafeRawBufferPointer.SubSequence) -> Int? {
  let bytes = UnsafeRawBufferPointer(rebasing: tiff)
  guard bytes.count >= 8 else { return nil }
  let isLittleEndian: Bool
  switch (bytes[0], bytes[1]) {
  case (0x49, 0x49): isLittleEndian = true
  case (0x4d, 0x4d): isLittleEndian = false
  default: return nil
  }
  func number(_ start: Int, _ count: Int) -> Int? {
    guard start >= 0, start + count <= bytes.count else { return nil }
    return (0..<count).reduce(0) { sum, index in
      let place = isLittleEndian ? count - 1 - index : index
      return sum << 8 | Int(bytes[start + place])
    }
  }
  guard number(2, 2) == 42, let directory = number(4, 4), let count = number(directory, 2) else {
    return nil
  }
  for entry in 0..<count {
    let start = directory + 2 + 12 * entry
    guard let tag = number(start, 2) else { return nil }
    guard tag == 0x0112 else { continue }
    // One number of 16 bits, at the beginning of the field's value.
    guard number(start + 2, 2) == 3, let value = number(start + 8, 2), 1...8 ~= value else {
      return nil
    }
    return value
  }
  return nil
}
