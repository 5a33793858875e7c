import Basics
import Definitions

extension DatasetIndex {
  /// Sorts the paths of a folder's or an archive's files into classes.
  ///
  /// A file counts where its path is `train/<class>/…` or `test/<class>/…`, below any folders that all
  /// such paths share. Hidden files and folders are passed over, and so is what lies elsewhere.
  /// - Parameters:
  ///   - paths: as the source tells them; a leading `./` is dropped.
  ///   - folders: empty folders too, so that a class without images is noticed.
  ///   - source: for messages.
  /// - Throws: `DiagnosticError` with everything that keeps this from being a dataset.
  init(paths: [String], folders: [String], source: String) throws {
    let files = paths.compactMap(DatasetPath.init)
    let directories = folders.compactMap { DatasetPath($0) }
    guard let root = (files + directories).compactMap(\.root).min(by: { $0.count < $1.count })
    else {
      throw DiagnosticError(
        "dataset '\(source)' has no folder 'train'",
        notes: [.init("images are expected as train/<class>/… and test/<class>/…")])
    }
    var classes: [String: ClassFiles] = [:]
    func note(_ path: DatasetPath, isFile: Bool) {
      guard let place = path.place(below: root) else { return }
      var files = classes[place.className] ?? ClassFiles(name: place.className, train: [], test: [])
      if isFile {
        if place.subset == .train {
          files.train.append(path.text)
        } else {
          files.test.append(path.text)
        }
      }
      classes[place.className] = files
    }
    for path in directories { note(path, isFile: false) }
    for path in files { note(path, isFile: true) }
    let sorted = classes.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    self.init(
      classes: sorted.map { files in
        ClassFiles(
          name: files.name, train: files.train.sorted(by: utf8Order),
          test: files.test.sorted(by: utf8Order))
      })
    let diagnostics = problems(source: source)
    guard diagnostics.isEmpty else { throw DiagnosticError(diagnostics) }
  }

  private func problems(source: String) -> [Diagnostic] {
    guard !classes.isEmpty else {
      return [.error("dataset '\(source)' is empty: there are no class folders in 'train'")]
    }
    return classes.compactMap { files in
      switch (files.train.isEmpty, files.test.isEmpty) {
      case (false, false): nil
      case (true, true):
        .error("class '\(files.name)' of dataset '\(source)' has no images")
      case (true, false):
        .error("class '\(files.name)' of dataset '\(source)' has test images, but none in 'train'")
      case (false, true):
        .error(
          "class '\(files.name)' of dataset '\(source)' has training images, but none in 'test'")
      }
    }
  }
}

private func utf8Order(_ left: String, _ right: String) -> Bool {
  left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// A path inside a dataset, in parts.
private struct DatasetPath {
  let text: String
  private let parts: [Substring]

  /// `nil` for a hidden file, or one in a hidden folder.
  init?(_ text: String) {
    self.text = text
    parts = text.split(separator: "/").filter { $0 != "." }
    guard !parts.isEmpty, !parts.contains(where: { $0.hasPrefix(".") || $0 == "__MACOSX" }) else {
      return nil
    }
  }

  /// What comes before the first `train` or `test` that is a folder.
  var root: [Substring]? {
    parts.firstIndex { $0 == "train" || $0 == "test" }.map { Array(parts[..<$0]) }
  }

  /// Subset and class, where the path goes below a class folder of `root` or is one.
  func place(below root: [Substring]) -> (subset: Subset, className: String)? {
    guard parts.starts(with: root), parts.count >= root.count + 2,
      let subset = Subset(rawValue: String(parts[root.count]))
    else { return nil }
    return (subset, String(parts[root.count + 1]))
  }
}
