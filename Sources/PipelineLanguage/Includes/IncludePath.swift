/// The path of an included file, from the folder of the pipeline file.
///
/// Two spellings of a path compare equal once `.` and `..` are worked out; links are not followed.
struct IncludePath: Hashable {
  /// Without `.`, and with `..` only where it leads out of the pipeline file's folder.
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

  /// A file beside the pipeline file.
  init(name: String) { self.init(name, below: [], isBelowRoot: false) }

  /// A path as the file at this path would write it.
  func resolving(_ text: String) -> IncludePath {
    IncludePath(text, below: Array(components.dropLast()), isBelowRoot: isAbsolute)
  }

  var text: String { (isAbsolute ? "/" : "") + components.joined(separator: "/") }
}
