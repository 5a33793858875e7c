import Basics
import Definitions
import SystemPackage

/// What a pipeline says about the subsets and classes of a source, with the files that it names read.
struct LayoutRules: Sendable {
  let subsets: DatasetSubsets
  /// Whether nothing but a path is given.
  let isUsual: Bool
  let skipsUnreadable: Bool
  /// By file.
  private(set) var lists: [String: ListedImages] = [:]
  let declared: DeclaredClasses
  private let listStamps: [FileStamp?]

  /// - Throws: `DiagnosticError` for a list that cannot be read.
  init(_ definition: DatasetDefinition) throws {
    subsets = definition.subsets ?? .usual
    isUsual = definition.subsets == nil
    skipsUnreadable = definition.unreadable == .skip
    // Class folders have their names, whatever is declared.
    declared = isUsual ? .none : try DeclaredClasses(definition.declaration)
    listStamps = try subsets.lists.map { list in
      try LocalFileSystem().status(of: FilePath(list.file)).map(FileStamp.init)
    }
  }

  /// Reads the lists.
  ///
  /// - Throws: `DiagnosticError` for everything that is wrong with them.
  mutating func readLists() throws {
    var problems = Problems()
    for list in subsets.lists {
      do { lists[list.key] = try ListedImages(list) } catch let error as DiagnosticError {
        problems.add(error)
      }
    }
    if let error = problems.error("problems in lists of images") { throw error }
  }

  /// What changes when the rules do; `nil` if there are none but the usual ones.
  var stamp: Value? {
    guard !isUsual else { return nil }
    return [
      "subsets": subsets.value, "lists": .list(listStamps.map { $0?.value ?? .null }),
      "classes": declared.value,
    ]
  }

  /// Whether every change of a list from a given moment, in seconds since 1970, will alter the stamp.
  func tellChanges(from now: Double) -> Bool {
    listStamps.allSatisfy { $0?.tellsChanges(from: now) ?? true }
  }

  /// The digest of a source whose subsets or classes do not follow from its content alone.
  ///
  /// - Parameter content: the digest of the content.
  func digest(of content: Fingerprint, _ index: DatasetIndex) -> Fingerprint {
    isUsual ? content : index.digest(with: content)
  }
}

extension DatasetIndex {
  /// The digest of which image is in which class and subset, and of the content.
  func digest(with content: Fingerprint) -> Fingerprint {
    let classes = classes.map { files -> Value in
      [
        .string(files.name), .list(files.train.map(Value.string)),
        .list(files.test.map(Value.string)), .integer(files.validation),
      ]
    }
    return Value.list([.string(content.hexadecimal), .list(classes)]).fingerprint
  }
}

extension ImageList {
  /// Distinguishes lists.
  var key: String { "\(file) \(columns?.image ?? "") \(columns?.label ?? "") \(first)" }
}
