import Basics
import SystemPackage

/// A safetensors file of arrays that are too large for memory: each is written piece by piece, in its own order.
package struct TensorFileWriter {
  private let file: OpenFile
  /// For each tensor, where its next values go, and where its last ones end.
  private var places: [Range<Int>]

  /// Starts a file, replacing an existing one.
  ///
  /// - Throws: `DiagnosticError` if it cannot be written.
  package init(
    _ path: FilePath, tensors: [(name: String, shape: [Int])], metadata: [String: String] = [:],
    on fileSystem: any FileSystem
  ) throws(DiagnosticError) {
    let header = SafetensorsHeader.bytes(of: tensors, metadata: metadata)
    var offset = header.count
    places = []
    for tensor in tensors {
      let end = offset + tensor.shape.reduce(4, *)
      places.append(offset..<end)
      offset = end
    }
    file = try fileSystem.open(path, for: .replacing)
    try file.write(header, at: 0)
    // A disk without room is noticed now, where the file system can tell.
    try file.resize(to: offset)
  }

  /// Writes the next values of a tensor.
  package mutating func append(_ values: [Float], to tensor: Int) throws(DiagnosticError) {
    let start = places[tensor].lowerBound
    let end = start + 4 * values.count
    precondition(end <= places[tensor].upperBound, "a tensor has as many values as its shape says")
    #if _endian(little)
      var problem: DiagnosticError?
      values.withUnsafeBytes { bytes in
        do throws(DiagnosticError) { try file.write(bytes, at: start) } catch { problem = error }
      }
      if let problem { throw problem }
    #else
      let bytes = values.flatMap { value in
        withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
      }
      try file.write(bytes, at: start)
    #endif
    places[tensor] = end..<places[tensor].upperBound
  }

  /// Closes the file.
  ///
  /// - Precondition: all values have been written.
  package func finish() throws(DiagnosticError) {
    precondition(places.allSatisfy(\.isEmpty), "every value is written")
    try file.close()
  }
}
