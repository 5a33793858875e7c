import Basics
import Definitions

extension DatasetIndex {
  /// Sorts the paths of a folder's or an archive's files into classes.
  ///
  /// A file counts where its path is `train/<class>/…` or `test/<class>/…`, below a folder that all
  /// such paths share. Hidden files and folders are passed over, and so is what lies elsewhere.
  /// - Parameters:
  ///   - paths: as the source tells them.
  ///   - folders: empty folders too, so that a class without images is noticed.
  ///   - source: for messages.
  /// - Throws: `DiagnosticError` with everything that keeps this from being a dataset.
  init(paths: [String], folders: [String], source: String) throws {
    let places =
      folders.compactMap { DatasetPath($0, isFile: false) }
      + paths.compactMap { DatasetPath($0, isFile: true) }
    let root = try DatasetIndex.root(of: places, source: source)
    var classes: [String: ClassFiles] = [:]
    var subsets: Set<Subset> = []
    for path in places {
      guard let subset = path.subset(below: root) else { continue }
      subsets.insert(subset)
      guard let name = path.className(below: root) else { continue }
      classes[name, default: ClassFiles(name: name)].note(path, in: subset)
    }
    self.init(
      classes: classes.values.map(\.sorted).sorted { utf8Order($0.name, $1.name) })
    let diagnostics = problems(source: source, subsets: subsets)
    guard diagnostics.isEmpty else { throw DiagnosticError(diagnostics) }
  }

  /// Whether an entry of this path would be an image or a class folder, or lie below one.
  static func isAmongImages(_ path: String) -> Bool {
    guard let path = DatasetPath(path, isFile: false), let root = path.root else { return false }
    return path.subset(below: root) != nil
  }

  /// The folder that holds `train` and `test`: the one nearest the top.
  private static func root(of paths: [DatasetPath], source: String) throws -> [Substring] {
    let roots = Set(paths.compactMap(\.root))
    let depth = roots.map(\.count).min()
    let nearest = roots.filter { $0.count == depth }
    guard let root = nearest.first else {
      throw DiagnosticError(
        paths.isEmpty
          ? "dataset '\(source)' is empty" : "dataset '\(source)' has no folder 'train'",
        notes: [expectedLayout])
    }
    guard nearest.count == 1 else {
      let names = nearest.map { $0.joined(separator: "/") }.sorted(by: utf8Order)
      throw DiagnosticError(
        "'\(source)' holds several datasets, in "
          + names.map { "'\($0)'" }.joined(separator: ", "),
        notes: [expectedLayout])
    }
    return root
  }

  private static let expectedLayout = Diagnostic.Note(
    "images are expected as train/<class>/… and test/<class>/…")

  private func problems(source: String, subsets: Set<Subset>) -> [Diagnostic] {
    // One message for a subset that is missing altogether, instead of one for each class.
    for (subset, count) in [(Subset.train, trainCount), (.test, testCount)] where count == 0 {
      let what = subsets.contains(subset) ? "images in" : "folder"
      return [
        .error(
          "dataset '\(source)' has no \(what) '\(subset.rawValue)'",
          notes: [DatasetIndex.expectedLayout])
      ]
    }
    return classes.compactMap { files in
      switch (files.train.isEmpty, files.test.isEmpty) {
      case (false, false): nil
      case (true, true):
        .error("class '\(files.name)' of dataset '\(source)' has no images")
      case (true, false):
        .error("class '\(files.name)' of dataset '\(source)' has images in 'test', none in 'train'")
      case (false, true):
        .error("class '\(files.name)' of dataset '\(source)' has images in 'train', none in 'test'")
      }
    }
  }
}

extension DatasetIndex.ClassFiles {
  fileprivate init(name: String) { self.init(name: name, train: [], test: []) }

  /// The same with its files in their natural order.
  fileprivate var sorted: DatasetIndex.ClassFiles {
    .init(name: name, train: train.sorted(by: utf8Order), test: test.sorted(by: utf8Order))
  }

  fileprivate mutating func note(_ path: DatasetPath, in subset: Subset) {
    guard path.isFile else { return }
    switch subset {
    case .train: train.append(path.text)
    case .test: test.append(path.text)
    }
  }
}

private func utf8Order(_ left: String, _ right: String) -> Bool {
  left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// A path inside a dataset, in parts.
private struct DatasetPath {
  let text: String
  let isFile: Bool
  private let parts: [Substring]

  /// `nil` for a hidden file, or one in a hidden folder.
  init?(_ text: String, isFile: Bool) {
    self.text = text
    self.isFile = isFile
    parts = text.split(separator: "/")
    guard !parts.isEmpty, !parts.contains(where: { $0.hasPrefix(".") || $0 == "__MACOSX" }) else {
      return nil
    }
  }

  /// The folders among the parts.
  private var folders: ArraySlice<Substring> { isFile ? parts.dropLast() : parts[...] }

  /// What comes before the first folder `train` or `test`.
  var root: [Substring]? {
    folders.firstIndex { $0 == "train" || $0 == "test" }.map { Array(parts[..<$0]) }
  }

  /// Where the path is a subset's folder in `root`, or goes below one.
  func subset(below root: [Substring]) -> Subset? {
    guard folders.starts(with: root), folders.count > root.count else { return nil }
    return Subset(rawValue: String(folders[root.count]))
  }

  /// Where the path is a class's folder in a subset's folder in `root`, or goes below one.
  func className(below root: [Substring]) -> String? {
    guard subset(below: root) != nil, folders.count > root.count + 1 else { return nil }
    return String(folders[root.count + 1])
  }
}
