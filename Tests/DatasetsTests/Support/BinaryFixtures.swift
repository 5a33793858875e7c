/// An IDX file of bytes.
func idx(_ shape: [Int], of elements: [UInt8]? = nil, type: UInt8 = 8) -> [UInt8] {
  var file: [UInt8] = [0, 0, type, UInt8(shape.count)]
  for extent in shape {
    for shift in [24, 16, 8, 0] { file.append(UInt8(extent >> shift & 255)) }
  }
  let count = shape.reduce(1, *)
  return file + (elements ?? (0..<count).map { UInt8($0 % 251) })
}

/// A NumPy array.
func numPy(
  _ type: String, _ shape: [Int], _ bytes: [UInt8], fortran: Bool = false
) -> [UInt8] {
  let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
  var header =
    "{'descr': '\(type)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': (\(extents)), }"
  header += String(repeating: " ", count: 63 - (header.utf8.count + 10) % 64) + "\n"
  let length = header.utf8.count
  return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
    + Array(header.utf8) + bytes
}

/// Six records of CIFAR's binary version, of three classes.
///
/// - Parameter labels: how many each has.
func smallCIFAR(labels: Int = 1) -> [UInt8] {
  var file: [UInt8] = []
  for record in 0..<6 {
    file += [UInt8](repeating: UInt8(record % 3), count: labels)
    for pixel in 0..<3072 { file.append(UInt8((pixel / 1024 * 80 + record * 7) % 256)) }
  }
  return file
}
