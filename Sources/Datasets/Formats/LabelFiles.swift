import Basics

/// Files that contain the class of the image next to them, as in WebDataset's shards: `000017.cls` is that of `000017.jpg`.
/// The key of a file is its path up to the first dot of its name.
struct LabelFiles {
  private var labels: [Substring: FileLabel] = [:]
  private static let ending = "cls"
  /// A longer label is refused.
  static let mostBytes = 256

  var isEmpty: Bool { labels.isEmpty }

  static func areLabels(_ path: String) -> Bool {
    parts(path).map { $0.ending == ending } ?? false
  }

  /// - Throws: `DiagnosticError` for anything but a short text.
  mutating func add(_ path: String, _ bytes: [UInt8]) throws(DiagnosticError) {
    guard bytes.count <= LabelFiles.mostBytes, let text = String(validating: bytes, as: UTF8.self),
      let (key, _) = LabelFiles.parts(path)
    else { throw DiagnosticError("'\(path)' does not contain the name or number of a class") }
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 1 else {
      throw DiagnosticError(
        "'\(path)' contains \(words.isEmpty ? "no class" : "\(words.count) words, not a class")")
    }
    labels[key] = FileLabel(text: String(words[0]).composed, place: "'\(path)'")
  }

  /// The class of each image, by path.
  ///
  /// - Throws: `DiagnosticError` for images without a class.
  func labels(of files: [String]) throws -> [String: FileLabel] {
    var found: [String: FileLabel] = [:]
    var problems = Problems()
    for file in files where PassedOver.isImageName(file) {
      // Files such as 000017.mask.png belong to an image, and are none of the dataset's.
      guard let (key, ending) = LabelFiles.parts(file), !ending.contains(".") else { continue }
      guard let label = labels[key] else {
        problems.add(
          DiagnosticError("image '\(file)' has no class: there is no '\(key).\(LabelFiles.ending)'")
        )
        continue
      }
      found[file] = label
    }
    if let error = problems.error("images have no class") { throw error }
    return found
  }

  private static func parts(_ path: String) -> (key: Substring, ending: Substring)? {
    let name = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let dot = path[name...].firstIndex(of: "."), dot > name else { return nil }
    return (path[..<dot], path[path.index(after: dot)...])
  }
}
