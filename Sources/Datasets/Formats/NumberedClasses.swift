import Basics
import Definitions

/// The names of classes that a source only numbers.
///
/// They are the declared ones (`classes`), or else those that come with the set, or else the numbers, with as many zeros in
/// front as make them equally long, so that they are in the same order as texts.
struct NumberedClasses {
  let names: [String]?
  /// The number of classes, if it is known.
  let count: Int?
  private let width: Int

  /// The largest number of a class.
  static let most = (1 << 20) - 1

  /// - Parameters:
  ///   - declared: what the pipeline declares, with the names in a file read.
  ///   - own: the names that come with the set.
  ///   - largest: the largest number in use.
  init(_ declared: DeclaredClasses, own: [String]? = nil, largest: Int) {
    switch declared {
    case .names(let names): self.names = names
    case .count, .none: self.names = own
    }
    if case .count(let count) = declared { self.count = count } else { count = names?.count }
    width = String(max(largest, (count ?? 1) - 1, 0)).utf8.count
  }

  /// The name of a class; `nil` for a number out of range.
  func name(of number: Int) -> String? {
    guard 0...NumberedClasses.most ~= number, count.map({ number < $0 }) ?? true else { return nil }
    if let names { return number < names.count ? names[number] : nil }
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// `but 'classes' has 10 names, for 0 to 9`
  func limits(first: Int = 0) -> String {
    guard let count else { return "numbers of classes are between 0 and \(NumberedClasses.most)" }
    return "there are \(count) classes, \(first) to \(first + count - 1)"
  }
}

/// A pipeline's declaration of a dataset's classes, with the names in a file.
enum DeclaredClasses: Hashable, Sendable {
  case none
  case count(Int)
  case names([String])

  /// Longer files are refused.
  private static let mostBytes = 16 << 20

  /// - Throws: `DiagnosticError` if the file cannot be read.
  init(_ declaration: DatasetDeclaration) throws {
    switch declaration.classes {
    case nil: self = .none
    case .count(let count)?: self = .count(count)
    case .listed(let names)?: self = .names(names)
    case .file(let path)?:
      let start = try LocalFileSystem().start(
        of: .init(path), count: DeclaredClasses.mostBytes)
      // As planning reads it, which reports what is wrong with it.
      self = .names(
        String(decoding: start, as: UTF8.self).split(whereSeparator: \.isNewline).compactMap {
          $0.split { $0 == " " || $0 == "\t" }.first.map { String($0) }
        })
    }
  }

  var value: Value {
    switch self {
    case .none: .null
    case .count(let count): .integer(count)
    case .names(let names): .list(names.map(Value.string))
    }
  }
}
