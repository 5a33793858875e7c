import Basics
import Definitions
import SystemPackage

/// The content of a file that lists images and their classes.
struct ListedImages: Sendable {
  struct Entry: Sendable {
    /// As listed, without empty and `.` components; `nil` in lists of labels alone.
    var path: String?
    var label: String
    var line: Int
  }

  /// Where the list is, for messages.
  let file: String
  /// The number of the first class, where labels are numbers.
  let first: Int
  private(set) var entries: [Entry] = []
  /// Of the bytes of the file.
  let digest: Fingerprint

  /// Longer lists are refused.
  static let mostBytes = 1 << 29

  /// Reads a list.
  ///
  /// - Throws: `DiagnosticError` if it cannot be read, or for what is wrong with its first lines, each with its number.
  init(_ list: ImageList) throws {
    let path = FilePath(list.file)
    guard let status = try LocalFileSystem().status(of: path), status.kind == .file else {
      throw DiagnosticError("there is no list '\(list.file)'")
    }
    guard status.size <= ListedImages.mostBytes else {
      throw DiagnosticError("list '\(list.file)' is larger than \(ListedImages.mostBytes >> 20) MB")
    }
    try self.init(list, bytes: LocalFileSystem().read(path))
  }

  init(_ list: ImageList, bytes: [UInt8]) throws {
    file = list.file
    first = list.first
    digest = Fingerprint(of: bytes)
    let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes[3...] : bytes[...]
    var problems = Problems()
    if let columns = list.columns {
      try readTable(text, columns, &problems)
    } else {
      readLines(text, &problems)
    }
    if let error = problems.error("problems in list '\(file)'") { throw error }
    guard !entries.isEmpty else { throw DiagnosticError("list '\(file)' names no image") }
  }

  /// `line 17 of list 'train.txt'`
  func place(of entry: Entry) -> String { "line \(entry.line) of list '\(file)'" }

  // MARK: - Lines

  /// Lines of a path and a label, separated by the last spaces, or of a label alone.
  private mutating func readLines(_ text: ArraySlice<UInt8>, _ problems: inout Problems) {
    var line = 0
    for bytes in text.split(separator: 0x0a, omittingEmptySubsequences: false) {
      line += 1
      let content = bytes.trimmed
      guard !content.isEmpty else { continue }
      guard let words = String(validating: content, as: UTF8.self) else {
        problems.add(problem(line, "is not UTF-8"))
        continue
      }
      let label: Substring
      var path: Substring?
      if let gap = words.lastIndex(where: { $0 == " " || $0 == "\t" }) {
        label = words[words.index(after: gap)...]
        let end = words[..<gap].lastIndex { $0 != " " && $0 != "\t" } ?? words.startIndex
        path = words[...end]
      } else {
        label = words[...]
      }
      add(path.map(String.init), String(label), line, &problems)
    }
    if let mixed = entries.first(where: { ($0.path == nil) != (entries[0].path == nil) }) {
      problems.add(
        problem(
          mixed.line,
          mixed.path == nil
            ? "has no label: '\(mixed.label)'" : "has a path, unlike those before it"))
    }
  }

  // MARK: - Tables

  private mutating func readTable(
    _ text: ArraySlice<UInt8>, _ columns: ImageList.Columns, _ problems: inout Problems
  ) throws {
    var rows = TableRows(text)
    guard let heading = rows.next() else { throw DiagnosticError("list '\(file)' is empty") }
    let names = heading.fields.map { String(decoding: $0.trimmed, as: UTF8.self) }
    func column(_ name: String) throws -> Int {
      guard let index = names.firstIndex(of: name) else {
        throw DiagnosticError(
          "list '\(file)' has no column '\(name)'",
          notes: Diagnostic.Note.nearestOrAll(to: name, among: names))
      }
      return index
    }
    let image = try column(columns.image)
    let label = try column(columns.label)
    while let row = rows.next() {
      if row.fields.count == 1, row.fields[0].trimmed.isEmpty { continue }
      guard row.fields.count == names.count else {
        problems.add(
          problem(row.line, "has \(row.fields.count) columns, the heading has \(names.count)"))
        continue
      }
      guard let path = String(validating: row.fields[image].trimmed, as: UTF8.self),
        let text = String(validating: row.fields[label].trimmed, as: UTF8.self)
      else {
        problems.add(problem(row.line, "is not UTF-8"))
        continue
      }
      add(path, text, row.line, &problems)
    }
    if rows.isOpen { problems.add(problem(rows.line, "ends within quotes")) }
  }

  private mutating func add(
    _ path: String?, _ label: String, _ line: Int, _ problems: inout Problems
  ) {
    guard !label.isEmpty else {
      problems.add(problem(line, "has no label"))
      return
    }
    guard let path else {
      entries.append(Entry(path: nil, label: label.composed, line: line))
      return
    }
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard !parts.isEmpty else {
      problems.add(problem(line, "names no image"))
      return
    }
    guard !path.hasPrefix("/"), !parts.contains("..") else {
      problems.add(problem(line, "leads out of the dataset: '\(path)'"))
      return
    }
    entries.append(
      Entry(path: parts.joined(separator: "/"), label: label.composed, line: line))
  }

  private func problem(_ line: Int, _ text: String) -> DiagnosticError {
    DiagnosticError("line \(line) of list '\(file)' \(text)")
  }
}

/// The rows of a table with fields separated by commas, semicolons or tabs, whichever its heading has (RFC 4180).
private struct TableRows {
  private var rest: ArraySlice<UInt8>
  private let separator: UInt8
  /// The line of the next row.
  private(set) var line = 1
  /// Whether the text has ended within quotes.
  private(set) var isOpen = false

  init(_ text: ArraySlice<UInt8>) {
    rest = text
    let heading = text.prefix { $0 != 0x0a }
    let candidates = [",", ";", "\t"].map { UInt8(ascii: $0) }
    separator =
      candidates.max { left, right in
        heading.count { $0 == left } < heading.count { $0 == right }
      } ?? candidates[0]
  }

  mutating func next() -> (fields: [[UInt8]], line: Int)? {
    guard !rest.isEmpty else { return nil }
    let start = line
    var fields: [[UInt8]] = [[]]
    var isQuoted = false
    var index = rest.startIndex
    while index < rest.endIndex {
      let byte = rest[index]
      index += 1
      if byte == 0x0a { line += 1 }
      if isQuoted {
        if byte != 0x22 {
          fields[fields.count - 1].append(byte)
        } else if index < rest.endIndex, rest[index] == 0x22 {
          fields[fields.count - 1].append(byte)
          index += 1
        } else {
          isQuoted = false
        }
      } else if byte == 0x22 {
        isQuoted = true
      } else if byte == separator {
        fields.append([])
      } else if byte == 0x0a {
        break
      } else {
        fields[fields.count - 1].append(byte)
      }
    }
    isOpen = isQuoted
    rest = rest[index...]
    return (fields, start)
  }
}

extension Collection<UInt8> {
  /// Without spaces, tabs and carriage returns at both ends.
  fileprivate var trimmed: [UInt8] {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
    var bytes = Array(drop(while: isBlank))
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return bytes
  }
}
