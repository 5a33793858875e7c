/// What an array in NumPy's format begins with; its numbers follow, row by row, little-endian
/// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0).
package struct NumPyHeader: Sendable {
  package enum Element: String, Sendable {
    case float32 = "<f4"
    case int32 = "<i4"
  }

  package var element: Element
  package var shape: [Int]

  package init(_ element: Element, shape: [Int]) {
    self.element = element
    self.shape = shape
  }

  package var bytes: [UInt8] {
    // A tuple of one element ends in a comma.
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': (\(extents)), }"
    // Signature, version and length take ten bytes; the numbers begin at a multiple of 64.
    while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
    text += "\n"
    let length = UInt16(text.utf8.count)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)]
      + Array(text.utf8)
  }
}
