import Basics
import Definitions

// Messages for sources with a different layout: what was found, and what to do.

extension DatasetLayout {
  /// What prevents this from being a dataset, for the first classes of many.
  func problems(of index: DatasetIndex) -> DiagnosticError? {
    if let missing = missingSubset(in: index) { return DiagnosticError([missing]) }
    var problems = Problems()
    for files in index.classes {
      if let problem = problem(of: files) { problems.add(DiagnosticError([problem])) }
    }
    return problems.error("classes lack images")
  }

  /// A subset without images; one message for it, instead of one per class.
  private func missingSubset(in index: DatasetIndex) -> Diagnostic? {
    var counts = [
      (Portion.train, index.trainCount - index.validationCount), (.test, index.testCount),
    ]
    if rules.subsets.validation != nil { counts.append((.validation, index.validationCount)) }
    for (portion, count) in counts where count == 0 {
      let name = name(of: portion)
      guard let part = parts.first(where: { $0.portion == portion }) else {
        return .error(
          "dataset '\(listing.source)' has too few images to draw test images from each class")
      }
      if part.classes != nil {
        return .error("none of the images in '\(name)' of dataset '\(listing.source)' has a class")
      }
      guard found.contains(portion) else {
        return .error(
          "dataset '\(listing.source)' has no folder '\(name)'",
          notes: hints(for: portion) + [DatasetLayout.expectation])
      }
      return .error(
        "dataset '\(listing.source)' has no images in '\(name)'",
        notes: contentHints(part, index) + [DatasetLayout.expectation])
    }
    return nil
  }

  private func problem(of files: DatasetIndex.ClassFiles) -> Diagnostic? {
    let (train, test) = (name(of: .train), name(of: .test))
    let place = "class '\(files.name)' of dataset '\(listing.source)'"
    return switch (files.train.count == files.validation, files.test.isEmpty) {
    case (false, false): nil
    case (true, true): .error("\(place) has no images")
    case (true, false): .error("\(place) has images in '\(test)', none in '\(train)'")
    case (false, true):
      rules.subsets.draw == nil
        ? .error("\(place) has images in '\(train)', none in '\(test)'")
        : .error(
          "\(place) has too few images to draw test images from: \(files.train.count)")
    }
  }

  /// The place of a portion, as the pipeline names it.
  private func name(of portion: Portion) -> String {
    let place = rules.subsets.places.first { $0.portion == portion }?.place
    switch place {
    case .list(let list, _)?: return list.file
    case .path(let path)?: return path
    case .drawn?, nil: return portion.rawValue
    }
  }

  /// Hints about what exists instead of a subset's folder.
  private func hints(for portion: Portion) -> [Diagnostic.Note] {
    let beside = DatasetLayout.names(in: listing, below: root)
    if rules.isUsual, let hint = DatasetLayout.hint(among: beside, in: listing) { return [hint] }
    let known = parts.compactMap(\.folder.first)
    let others = (beside.folders + beside.files).filter { !known.contains($0[...]) }
    return others.isEmpty ? [] : [.init("next to it there is \(quoted(others))")]
  }

  /// Hints about what a subset's folder contains instead of classes with images.
  private func contentHints(_ part: Part, _ index: DatasetIndex) -> [Diagnostic.Note] {
    let name = name(of: part.portion)
    let (folders, files) = DatasetLayout.names(in: listing, below: root + part.folder)
    let passedOver = index.passedOver.filter { path(of: $0, isFile: true)?.portion == part.portion }
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
            + "move the images of each class into a folder with its name, or name a list of their classes: "
            + "'subsets: {\(part.portion.rawValue): {source: \(name), list: list.txt}}'")
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
  static func absence(in listing: SourceListing, _ rules: LayoutRules) -> DiagnosticError {
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
    let first = rules.subsets.places.first { !components($0.place.path ?? ".").isEmpty }
    return DiagnosticError(
      "dataset '\(listing.source)' has no folder '\(first?.place.path ?? "train")'",
      notes: [rules.isUsual ? hint(for: listing, top) : content(top)] + (outside.map { [$0] } ?? [])
        + [expectation])
  }

  private static func hint(
    for listing: SourceListing, _ top: (folders: [String], files: [String])
  ) -> Diagnostic.Note {
    let folders = contents(of: listing)
    let levels = [top] + top.folders.compactMap { folders[$0] }
    for level in levels {
      if let hint = hint(among: level, in: listing) { return hint }
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
        "\(quoted(classes)) look like classes: with 'subsets: {test: {fraction: 0.2}}', a fifth of each class's "
          + "images are drawn as test images")
    }
    return content(top)
  }

  private static func content(_ top: (folders: [String], files: [String])) -> Diagnostic.Note {
    .init("it contains \(quoted(top.folders + top.files))")
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
  private static let otherNames: [(portion: Portion, names: Set<String>)] = [
    (.train, ["train", "training", "trainset", "train_set", "train-set", "trn", "training_set"]),
    (.test, ["test", "testing", "testset", "test_set", "test-set", "tst"]),
    (
      .validation,
      [
        "val", "valid", "validation", "valset", "val_set", "dev", "eval", "evaluation", "holdout",
      ]
    ),
  ]

  /// The `subsets` that fit the names in a folder, if these look like subsets.
  private static func hint(
    among names: (folders: [String], files: [String]), in listing: SourceListing
  ) -> Diagnostic.Note? {
    func place(of portion: Portion) -> String? {
      let known = otherNames.first { $0.portion == portion }?.names ?? []
      let folders = names.folders.filter { known.contains($0.lowercased()) }
      return folders.first { $0 == portion.rawValue } ?? folders.first
        ?? names.files.first { file in
          // Subsets of an archive are folders in it.
          listing.kind != "archive" && PassedOver.isArchiveName(file)
            && known.contains(file.prefix { $0 != "." }.lowercased())
        }
    }
    let train = place(of: .train)
    var test = place(of: .test)
    var validation = place(of: .validation)
    // Sets whose test images have no public classes are tested on their validation images.
    if test == nil { (test, validation) = (validation, nil) }
    let others = [train, test].compactMap { $0 }.filter { Subset(rawValue: $0) == nil }
    guard !others.isEmpty else { return nil }
    let settings = [("train", train), ("test", test), ("validation", validation)]
      .compactMap { name, place in place.map { "\(name): \($0)" } }
    guard train != nil || test != nil else { return nil }
    return .init(
      "there is \(quoted(others)): write 'subsets: {\(settings.joined(separator: ", "))}'")
  }

  /// The names directly in a folder, sorted, without hidden ones.
  static func names(
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
