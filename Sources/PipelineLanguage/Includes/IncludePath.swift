/// The path of an included file, relative to the folder of the pipeline file.
///
/// Two spellings of a path are equal if they agree once `.` and `..` are resolved; links are not followed.
struct IncludePath: Hashable {
  /// Without `.`, and with `..` only if it leads out of the pipeline file's folder.
  private let components: [String]
  private let isAbsolute: Bool

  private init(_ text: String, below folder: [String], isBelowRoot: Bool) {
    isAbsolute = text.hasPrefix("/") || isBelowRoot
    var components = text.hasPrefix("/") ? [] : folder
    for component in text.split(separator: "/") {
      switch component {
      case ".": break
      case "..":
        if let last = components.last, last != ".." {
          components.removeLast()
        } else if !isAbsolute {
          components.append("..")
        }
      default: components.append(String(component))
      }
    }
    self.components = components
  }

  /// A file in the folder of the pipeline file.
  init(name: String) { self.init(name, below: [], isBelowRoot: false) }

  /// A path written in the file at this path.
  func resolving(_ text: String) -> IncludePath {
    IncludePath(text, below: Array(components.dropLast()), isBelowRoot: isAbsolute)
  }

  var text: String { (isAbsolute ? "/" : "") + components.joined(separator: "/") }
}
