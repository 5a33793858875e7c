import ArtifactStore
import Basics

/// A value stored as a file of a stage's artifact. Writers and readers share only this type.
package protocol ResultFile: Sendable {
  static var file: ArtifactFile { get }

  /// The bytes of the file. Stores keep them for years, so they change only with a new format number.
  var contents: [UInt8] { get }

  /// Reads the output of `contents`.
  ///
  /// - Throws: `DiagnosticError` for anything else.
  init(contents: [UInt8]) throws(DiagnosticError)
}

extension StoredArtifact {
  /// Reads a result of the stage; `nil` if the stage has none.
  ///
  /// The content is not compared with the recorded digest.
  ///
  /// - Throws: `DiagnosticError` if the file cannot be read or does not contain such a value.
  package func result<Result: ResultFile>(
    _ type: Result.Type, from fileSystem: any FileSystem
  ) throws(DiagnosticError) -> Result? {
    guard let path = self[Result.file] else { return nil }
    return try result(type, from: fileSystem.read(path))
  }

  /// Reads a result of the stage from the content of its file.
  ///
  /// - Throws: `DiagnosticError`, which names the stage, for anything else.
  package func result<Result: ResultFile>(
    _ type: Result.Type, from contents: [UInt8]
  ) throws(DiagnosticError) -> Result {
    do throws(DiagnosticError) { return try Result(contents: contents) } catch {
      var error = error.reworded { "'\(Result.file.name)' of stage '\(record.stage)': \($0)" }
      error.cause = .unusableInput
      throw error
    }
  }
}

// MARK: - JSON

/// A result file that is a JSON document with a format number.
protocol JSONResultFile: ResultFile, ValueConvertible {
  static var format: Int { get }

  /// Reads the output of `value`; `nil` for anything else.
  init?(_ value: Value)
}

extension JSONResultFile {
  package var contents: [UInt8] { Array((value.json(indented: true) + "\n").utf8) }

  package init(contents: [UInt8]) throws(DiagnosticError) {
    let value: Value
    do { value = try Value(json: contents) } catch {
      throw DiagnosticError("not JSON: \(error)")
    }
    guard let format = value["format"]?.asInteger else { throw DiagnosticError("no format") }
    guard format == Self.format else {
      throw DiagnosticError("format \(format), which this program does not read")
    }
    guard let result = Self(value) else {
      throw DiagnosticError("an entry is missing, or not what it should be")
    }
    self = result
  }
}

extension Value {
  /// The elements of a list, all of one type; `nil` for anything else.
  func elements<Element>(_ read: (Value) -> Element?) -> [Element]? {
    guard let values = asList else { return nil }
    var elements: [Element] = []
    for value in values {
      guard let element = read(value) else { return nil }
      elements.append(element)
    }
    return elements
  }

  /// A non-negative count that is small enough to be summed without overflow.
  var asCount: Int? {
    guard let count = asInteger, 0...Int(Int32.max) ~= count else { return nil }
    return count
  }
}
