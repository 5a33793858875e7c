import Basics
import Definitions

// Messages for sources with a different layout: what was found, and what to do.

extension DatasetLayout {
  /// Everything that prevents this from being a dataset.
  func problems(of index: DatasetIndex) -> [Diagnostic] {
    // One message for an entirely missing subset, instead of one per class.
    for (subset, count) in [(Subset.train, index.trainCount), (.test, index.testCount)]
    where count == 0 {
      let name = subset.rawValue
      guard subsets.contains(subset) else {
        return [
          .error(
            "dataset '\(listing.source)' has no folder '\(name)'",
            notes: hints(for: subset) + [DatasetLayout.expectation])
        ]
      }
      return [
        .error(
          "dataset '\(listing.source)' has no images in '\(name)'",
          notes: contentHints(subset, index) + [DatasetLayout.expectation])
      ]
    }
    return index.classes.compactMap { files in
      switch (files.train.isEmpty, files.test.isEmpty) {
      case (false, false): nil
      case (true, true):
        .error("class '\(files.name)' of dataset '\(listing.source)' has no images")
      case (true, false):
        .error(
          "class '\(files.name)' of dataset '\(listing.source)' has images in 'test', none in 'train'"
        )
      case (false, true):
        .error(
          "class '\(files.name)' of dataset '\(listing.source)' has images in 'train', none in 'test'"
        )
      }
    }
  }

  /// Hints about what exists instead of a subset's folder.
  private func hints(for subset: Subset) -> [Diagnostic.Note] {
    let beside = DatasetLayout.names(in: listing, below: root)
    if let hint = DatasetLayout.hint(for: subset, among: beside) { return [hint] }
    let others = (beside.folders + beside.files).filter { Subset(rawValue: $0) == nil }
    return others.isEmpty ? [] : [.init("next to it there is \(quoted(others))")]
  }

  /// Hints about what a subset's folder contains instead of classes with images.
  private func contentHints(_ subset: Subset, _ index: DatasetIndex) -> [Diagnostic.Note] {
    let name = subset.rawValue
    let (folders, files) = DatasetLayout.names(in: listing, below: root + [name[...]])
    let passedOver = index.passedOver.filter { path(of: $0, isFile: true)?.subset == subset }
    let archives = files.filter(PassedOver.isArchiveName)
    let images = files.filter(PassedOver.isImageName)
    if !archives.isEmpty {
      return [
        .init(
          "'\(name)' contains archives, \(quoted(archives)): unpack each into a folder with its name"
        )
      ]
    }
    if !images.isEmpty {
      return [
        .init(
          "'\(name)' contains images outside class folders, \(quoted(images, atMost: 2)): "
            + "move the images of each class into a folder with its name")
      ]
    }
    if !passedOver.isEmpty {
      return [
        .init(
          "its \(passedOver.count == 1 ? "file is a note" : "\(passedOver.count) files are notes")"
            + " by name: \(quoted(passedOver))")
      ]
    }
    if !folders.isEmpty { return [.init("its folders are empty: \(quoted(folders))")] }
    if !files.isEmpty { return [.init("'\(name)' contains \(quoted(files)), and no folders")] }
    return [.init("'\(name)' is empty")]
  }

  /// The error for a source without either subset.
  static func absence(in listing: SourceListing) -> DiagnosticError {
    let top = names(in: listing, below: [])
    let outside = listing.files.first { $0.split(separator: "/").contains("..") }
      .map { Diagnostic.Note("members outside the archive are not read: '\($0)'") }
    guard !top.folders.isEmpty || !top.files.isEmpty else {
      guard let outside else {
        return DiagnosticError("dataset '\(listing.source)' is empty", notes: [expectation])
      }
      return DiagnosticError(
        "archive '\(listing.source)' has no members with a path inside it",
        notes: [outside, .init("create it again from inside the folder"), expectation])
    }
    return DiagnosticError(
      "dataset '\(listing.source)' has no folder 'train'",
      notes: [hint(for: listing, top)] + (outside.map { [$0] } ?? []) + [expectation])
  }

  private static func hint(
    for listing: SourceListing, _ top: (folders: [String], files: [String])
  ) -> Diagnostic.Note {
    let folders = contents(of: listing)
    let levels = [top] + top.folders.compactMap { folders[$0] }
    for level in levels {
      if let hint = hint(for: .train, among: level) ?? hint(for: .test, among: level) {
        return hint
      }
    }
    if let archives = levels.map({ $0.files.filter(PassedOver.isArchiveName) })
      .first(where: { !$0.isEmpty })
    {
      return .init("it contains archives, \(quoted(archives)): unpack them")
    }
    if isSubset(listing.source) {
      return .init("'source' must be the folder that contains 'train' and 'test', one level up")
    }
    let classes = top.folders.filter {
      folders[$0]?.files.contains(where: PassedOver.isImageName) ?? false
    }
    guard classes.isEmpty else {
      return .init(
        "\(quoted(classes)) look like classes: move them into 'train', and some images of each into 'test'"
      )
    }
    return .init("it contains \(quoted(top.folders + top.files))")
  }

  /// The content of each top-level folder.
  private static func contents(of listing: SourceListing) -> [String: (
    folders: [String], files: [String]
  )] {
    var found: [String: (folders: Set<String>, files: Set<String>)] = [:]
    func note(_ path: String, isFile: Bool) {
      let parts = path.split(separator: "/", maxSplits: 2)
      guard parts.count > 1, !parts[..<2].contains(where: PassedOver.isHidden) else { return }
      if isFile, parts.count == 2 {
        found[String(parts[0]), default: ([], [])].files.insert(String(parts[1]))
      } else {
        found[String(parts[0]), default: ([], [])].folders.insert(String(parts[1]))
      }
    }
    for path in listing.folders { note(path, isFile: false) }
    for path in listing.files { note(path, isFile: true) }
    return found.mapValues { ($0.folders.sorted(by: utf8Order), $0.files.sorted(by: utf8Order)) }
  }

  private static func isSubset(_ source: String) -> Bool {
    source.split(separator: "/").last.flatMap { Subset(rawValue: String($0)) } != nil
  }

  /// Names of the subsets in other layouts.
  private static let otherNames: [Subset: Set<String>] = [
    .train: ["train", "training", "trainset", "train_set", "train-set", "trn", "training_set"],
    .test: [
      "test", "testing", "testset", "test_set", "test-set", "tst", "val", "valid", "validation",
      "valset", "val_set", "dev", "eval", "evaluation", "holdout",
    ],
  ]

  private static func hint(
    for subset: Subset, among names: (folders: [String], files: [String])
  ) -> Diagnostic.Note? {
    let known = otherNames[subset] ?? []
    let wanted = subset.rawValue
    let found = names.folders.filter { $0 != wanted && known.contains($0.lowercased()) }
    if let other = found.first(where: { $0.lowercased() == wanted }) {
      return .init("there is '\(other)': names are case-sensitive; rename it to '\(wanted)'")
    }
    if let other = found.first {
      return .init(
        "there is '\(other)': rename it to '\(wanted)', or make '\(wanted)' a link to it")
    }
    let archive = names.files.first { file in
      guard PassedOver.isArchiveName(file) else { return false }
      let stem = file.prefix { $0 != "." }.lowercased()
      return known.contains(stem)
    }
    return archive.map { .init("there is '\($0)': unpack it into a folder '\(wanted)'") }
  }

  /// The names directly in a folder, sorted, without hidden ones.
  private static func names(
    in listing: SourceListing, below folder: [Substring]
  ) -> (folders: [String], files: [String]) {
    var folders: Set<String> = []
    var files: Set<String> = []
    func note(_ path: String, isFile: Bool) {
      let parts = path.split(separator: "/")
      guard parts.count > folder.count, parts.starts(with: folder),
        !parts.contains(where: PassedOver.isHidden)
      else { return }
      let name = String(parts[folder.count])
      if isFile && parts.count == folder.count + 1 {
        files.insert(name)
      } else {
        folders.insert(name)
      }
    }
    for path in listing.folders { note(path, isFile: false) }
    for path in listing.files { note(path, isFile: true) }
    return (folders.sorted(by: utf8Order), files.sorted(by: utf8Order))
  }
}
