import Basics

/// The content of a file of a report, made piece by piece when it is written: the tables of a million runs are larger than
/// what should be in memory.
package struct ReportFile {
  package typealias Put = (_ piece: [UInt8]) throws -> Void

  /// Makes the content, and hands over each piece.
  package let write: (_ put: Put) throws -> Void

  init(_ write: @escaping (_ put: Put) throws -> Void) { self.write = write }

  /// A text that is made as a whole.
  init(_ text: @escaping () -> String) {
    write = { put in try put(Array(text().utf8)) }
  }

  /// A JSON document, indented.
  init(_ json: @escaping (_ writer: inout JSONWriter, _ put: Put) throws -> Void) {
    write = { put in
      var writer = JSONWriter(isIndented: true)
      try json(&writer, put)
      try put(writer.bytes + [UInt8(ascii: "\n")])
    }
  }

  /// All of it.
  ///
  /// - Throws: what making it throws.
  package func bytes() throws -> [UInt8] {
    var bytes: [UInt8] = []
    try write { bytes += $0 }
    return bytes
  }
}
