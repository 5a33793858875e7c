import Basics
import Definitions

extension DatasetIndex {
  /// Sorts the content of a source into classes.
  ///
  /// Files count if their path is `train/<class>/…` or `test/<class>/…` in the folder that contains both, or as the rules
  /// say. Hidden files, and files elsewhere, are ignored.
  ///
  /// - Parameters:
  ///   - labels: the class of each file, by path, in sources that say so file by file.
  ///   - isImage: whether the content of a file begins like an image; called for files with names of notes.
  /// - Throws: `DiagnosticError` with everything that prevents this from being a dataset; `Interrupted`; the errors of
  ///   `isImage`.
  init(
    _ listing: SourceListing, _ rules: LayoutRules, labels: [String: FileLabel]? = nil,
    unless stop: StopCheck, isImage: (String) throws -> Bool
  ) throws {
    let layout = try DatasetLayout(listing, rules, labels: labels, unless: stop)
    try layout.checkAccess()
    try layout.checkNames()
    try layout.checkSubsets()
    let broken = layout.brokenLinks()
    try layout.checkLinks(broken, skipsUnreadable: rules.skipsUnreadable)
    var classes: [String: ClassFiles] = [:]
    var passedOver: [String] = []
    var systemFolders: Set<String> = []
    var validation: [String: [String]] = [:]
    for folder in listing.folders {
      try stop.check()
      guard let path = layout.path(of: folder, isFile: false), let name = path.className else {
        if let system = layout.systemFolder(in: folder) { systemFolders.insert(system) }
        continue
      }
      classes[name, default: ClassFiles(name: name, train: [], test: [])].name = name
    }
    for file in listing.files + broken.map(\.path) {
      try stop.check()
      guard let path = layout.path(of: file, isFile: true), let name = path.className else {
        if let system = layout.systemFolder(in: file) { systemFolders.insert(system) }
        continue
      }
      if path.isFromFolder, PassedOver.isNote(file), try !isImage(file) {
        passedOver.append(file)
        continue
      }
      var files = classes[name] ?? ClassFiles(name: name, train: [], test: [])
      // The entry is moved, so that its lists are not copied.
      classes[name] = nil
      switch path.portion {
      case .train: files.train.append(file)
      case .test: files.test.append(file)
      case .validation: validation[name, default: []].append(file)
      }
      classes[name] = files
    }
    self.init(
      classes: try classes.values.map { files in
        var files = files
        files.train = try naturalOrder(files.train, unless: stop)
        files.test = try naturalOrder(files.test, unless: stop)
        if let draw = rules.subsets.draw { files.drawTest(draw) }
        let validation = try naturalOrder(validation[files.name] ?? [], unless: stop)
        files.train += validation
        files.validation = validation.count
        return files
      }.sorted { utf8Order($0.name, $1.name) },
      passedOver: (passedOver + systemFolders).sorted(by: utf8Order))
    if let error = layout.problems(of: self) { throw error }
  }
}

extension DatasetIndex.ClassFiles {
  /// Makes some of the training images test images; both keep their order.
  mutating func drawTest(_ draw: HoldOut) {
    let drawn = Set(draw.choice(of: train.count, class: name, for: "test"))
    test = train.indices.filter(drawn.contains).map { train[$0] }
    train = train.indices.filter { !drawn.contains($0) }.map { train[$0] }
  }
}

/// Paths in the order of their composed forms, so that the images of a folder and of an archive have the same order.
func naturalOrder(
  _ paths: [String], unless stop: StopCheck
) throws -> [String] {
  let keyed = paths.map { (key: $0.composed, path: $0) }
  return try keyed.sorted { left, right in
    try stop.check()
    return utf8Order(left.key, right.key)
      || !utf8Order(right.key, left.key) && utf8Order(left.path, right.path)
  }.map(\.path)
}

func utf8Order(_ left: String, _ right: String) -> Bool {
  left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// A class as a source states it for one file: a name or a number.
struct FileLabel {
  var text: String
  /// Of the first class, if classes are numbered.
  var first = 0
  /// Where it is stated, for messages.
  var place: String
}

/// Where a source has its classes.
struct DatasetLayout {
  /// Where the images of one portion are.
  struct Part {
    var portion: Portion
    /// The components of the folder's path below the root; none for the root itself.
    var folder: [Substring]
    /// The class of each image, by path in the source; `nil` for class folders.
    var classes: [String: String]?
  }

  let listing: SourceListing
  /// The components of the folder that contains the subsets.
  let root: [Substring]
  /// The subsets that it contains.
  let found: Set<Portion>
  /// Deeper folders first.
  let parts: [Part]
  let rules: LayoutRules

  static let expectation = Diagnostic.Note(
    "images are expected as train/<class>/… and test/<class>/…; 'subsets' names other places")

  /// Finds the folder that contains the subsets, the one nearest the root.
  ///
  /// - Throws: `DiagnosticError` if there is none, or if lists do not match the source.
  init(
    _ listing: SourceListing, _ rules: LayoutRules, labels: [String: FileLabel]?,
    unless stop: StopCheck
  ) throws {
    self.listing = listing
    self.rules = rules
    let places = rules.subsets.places.map { portion, place in
      (portion: portion, place: place, folder: DatasetLayout.components(place.path ?? "."))
    }
    let named = places.filter { !$0.folder.isEmpty }
    let top: [Substring]
    if named.isEmpty {
      top = DatasetLayout.onlyFolder(in: listing, unless: rules.lists.values)
      found = Set(places.map(\.portion))
    } else {
      let names = named.map { ($0.portion, $0.folder) }
      (top, found) = try DatasetLayout.root(of: listing, names, rules, unless: stop)
    }
    root = top
    let classes = try DatasetLayout.classes(
      of: places.map { ($0.place, top + $0.folder) }, listing, rules, labels, unless: stop)
    parts = zip(places, classes).map { place, classes in
      var folder = place.folder
      if !rules.isUsual, classes == nil, !folder.isEmpty {
        // An archive of a subset often contains the subset's folder.
        folder = Array(
          DatasetLayout.onlyFolder(in: listing, below: top + folder).dropFirst(top.count))
      }
      return Part(portion: place.portion, folder: folder, classes: classes)
    }.sorted { $0.folder.count > $1.folder.count }
  }

  /// The components of a path in a source; none for the source itself.
  static func components(_ path: String) -> [Substring] {
    path.split(separator: "/").filter { $0 != "." }
  }

  private typealias Names = [(portion: Portion, folder: [Substring])]

  private static func root(
    of listing: SourceListing, _ names: Names, _ rules: LayoutRules, unless stop: StopCheck
  ) throws -> ([Substring], Set<Portion>) {
    let all = Set(names.map(\.portion))
    var found = try roots(of: folders(of: listing), names, unless: stop)
    if !found.values.contains(all) {
      // A link in place of a folder, or an undecodable name, must not be mistaken for a missing one.
      let others =
        listing.brokenLinks.map(\.path) + listing.unnamed + listing.locked.map(\.path)
      for (root, subsets) in try roots(of: others, names, unless: stop) {
        found[root, default: []].formUnion(subsets)
      }
    }
    let whole = found.filter { $0.value == all }
    let candidates = whole.isEmpty ? found : whole
    let depth = candidates.keys.map(\.count).min()
    let nearest = candidates.filter { $0.key.count == depth }
    guard let (root, subsets) = nearest.first else {
      throw listing.locked.first?.reason ?? absence(in: listing, rules)
    }
    guard nearest.count == 1 else {
      if whole.isEmpty {
        let places = nearest.flatMap { root, subsets in
          names.filter { subsets.contains($0.portion) }
            .map { (root + $0.folder).joined(separator: "/") }
        }
        let wanted = names.map { "'\($0.folder.joined(separator: "/"))'" }
        throw DiagnosticError(
          "no folder of dataset '\(listing.source)' contains \(both(wanted)): there are "
            + quoted(places.sorted(by: utf8Order)),
          notes: [expectation])
      }
      let names = nearest.keys.map { $0.joined(separator: "/") }.sorted(by: utf8Order)
      throw DiagnosticError(
        "'\(listing.source)' contains several datasets, in \(quoted(names)): "
          + "'source' must name one of them",
        notes: [expectation])
    }
    return (root, subsets)
  }

  /// `both 'train' and 'test'`
  private static func both(_ names: [String]) -> String {
    names.count == 2
      ? "both \(names[0]) and \(names[1])" : "all of \(names.joined(separator: ", "))"
  }

  /// The folder to which a source without subsets descends: as long as there is nothing but one folder. Paths in lists count
  /// from the source where they are right.
  private static func onlyFolder(
    in listing: SourceListing, unless lists: some Sequence<ListedImages>
  ) -> [Substring] {
    let files = Set(listing.files)
    if lists.contains(where: { $0.entries.contains { $0.path.map(files.contains) ?? false } }) {
      return []
    }
    return onlyFolder(in: listing, below: [])
  }

  /// The folder in a folder, as long as there is nothing but one folder.
  private static func onlyFolder(
    in listing: SourceListing, below folder: [Substring]
  ) -> [Substring] {
    var root = folder
    while true {
      let (folders, files) = names(in: listing, below: root)
      guard folders.count == 1, !files.contains(where: PassedOver.isImageName) else { return root }
      root.append(Substring(folders[0]))
      // The only folder may be the only class, which is reported as such.
      if names(in: listing, below: root).folders.isEmpty {
        root.removeLast()
        return root
      }
    }
  }

  /// All folders, including those implied by the paths of files.
  private static func folders(of listing: SourceListing) -> Set<Substring> {
    var folders = Set(listing.folders.map { $0[...] })
    var last: Substring?
    for file in listing.files {
      guard let slash = file.lastIndex(of: "/") else { continue }
      let folder = file[..<slash]
      // The files of a folder are mostly consecutive.
      if folder != last { folders.insert(folder) }
      last = folder
    }
    return folders
  }

  /// The deepest folder that may contain the subsets. A path like `train/train/train` has as many as components.
  private static let deepestRoot = 16

  /// The subsets in each folder that contains any.
  private static func roots(
    of folders: some Sequence<some StringProtocol>, _ names: Names, unless stop: StopCheck
  ) throws(Interrupted) -> [[Substring]: Set<Portion>] {
    var roots: [[Substring]: Set<Portion>] = [:]
    for folder in folders {
      try stop.check()
      let parts = Substring(folder).split(separator: "/")
      guard !parts.contains(where: PassedOver.isHidden) else { continue }
      for index in parts.indices.prefix(deepestRoot + 1) {
        for (portion, name) in names where parts[index...].starts(with: name) {
          roots[Array(parts[..<index]), default: []].insert(portion)
        }
      }
    }
    return roots
  }

  /// A path inside a subset's folder.
  struct Place {
    var portion: Portion
    /// The class, if the path is its folder or inside it; with composed characters.
    var className: String?
    /// Whether the class is that of a folder.
    var isFromFolder = true
  }

  /// - Returns: `nil` for hidden paths, and for those elsewhere.
  func path(of path: String, isFile: Bool) -> Place? {
    let components = path.split(separator: "/")
    let folders = isFile ? components.dropLast() : components[...]
    guard folders.count >= root.count, folders.starts(with: root),
      !components.contains(where: PassedOver.isHidden)
    else { return nil }
    let below = folders.dropFirst(root.count)
    for part in parts where below.starts(with: part.folder) {
      if let classes = part.classes {
        guard let name = classes[path] else { continue }
        return Place(portion: part.portion, className: name, isFromFolder: false)
      }
      return Place(
        portion: part.portion,
        className: below.dropFirst(part.folder.count).first.map { String($0).composed })
    }
    return nil
  }

  /// The system folder inside a class folder that a path is in, or is; `nil` for others. Hidden files and folders are
  /// not counted.
  func systemFolder(in path: String) -> String? {
    let parts = path.split(separator: "/")
    guard let place = parts.firstIndex(where: PassedOver.isHidden),
      place > root.count + 1, parts[place].first != ".", parts.starts(with: root),
      Subset(rawValue: String(parts[root.count])) != nil
    else { return nil }
    return parts[...place].joined(separator: "/")
  }

  /// Checks that all folders of images can be read.
  func checkAccess() throws {
    // A list may name images in any folder.
    let locked = listing.locked.first {
      path(of: $0.path, isFile: false) != nil || parts.contains { $0.classes != nil }
    }
    if let locked { throw locked.reason }
  }

  /// Checks that no list of test images names training images, or the other way round: those in the other's folder.
  func checkSubsets() throws {
    for part in parts {
      guard let classes = part.classes else { continue }
      for other in parts
      where other.classes == nil && (other.portion == .test) != (part.portion == .test) {
        let folder = root + other.folder
        let shared = classes.keys.filter { $0.split(separator: "/").starts(with: folder) }
        guard !shared.isEmpty else { continue }
        throw DiagnosticError(
          "\(counted(shared.count, "image")) of dataset '\(listing.source)' \(shared.count == 1 ? "is" : "are") in '\(part.portion.rawValue)', by its list, "
            + "and in '\(other.portion.rawValue)', which is the folder '\(other.folder.joined(separator: "/"))': "
            + quoted(shared.sorted(by: utf8Order)))
      }
    }
  }

  /// Checks that the names of classes and images can be decoded.
  func checkNames() throws {
    let bad = listing.unnamed.filter { path(of: $0, isFile: false) != nil }
    guard let first = bad.first else { return }
    throw DiagnosticError(
      "'\(first)' in \(listing.kind) '\(listing.source)' has a name that is not UTF-8"
        + others(than: bad),
      notes: [
        .init(
          listing.kind == "archive"
            ? "its encoding is not declared: unpack it, rename what is in it, and use the folder"
            : "rename it; 'convmv' changes the encoding of many names")
      ])
  }

  /// Broken links in place of classes or images.
  func brokenLinks() -> [SourceListing.BrokenLink] {
    listing.brokenLinks.filter { link in
      guard path(of: link.path, isFile: false) != nil else { return false }
      // Next to the class folders, a link named like a file is irrelevant; any other may be a class.
      return isImage(link)
        || !PassedOver.isNote(link.path) && !PassedOver.isImageName(link.path)
          && !PassedOver.isArchiveName(link.path)
    }
  }

  /// Whether a link is inside a class folder.
  private func isImage(_ link: SourceListing.BrokenLink) -> Bool {
    path(of: link.path, isFile: true)?.className != nil
  }

  /// - Throws: `DiagnosticError` if a broken link replaces a class or, unless unreadable images are skipped, an
  ///   image.
  func checkLinks(_ broken: [SourceListing.BrokenLink], skipsUnreadable: Bool) throws {
    let missing = skipsUnreadable ? broken.filter { !isImage($0) } : broken
    guard let first = missing.first else { return }
    var notes: [Diagnostic.Note] = [
      .init(
        listing.kind == "archive"
          ? "only links to files of the same archive are followed"
          : "remove it, or fix its target")
    ]
    if isImage(first) {
      notes.append(.init("'unreadable: skip' skips such images"))
    }
    throw DiagnosticError(
      "'\(first.path)' in \(listing.kind) '\(listing.source)' is a link to '\(first.target)', "
        + first.problem + others(than: missing), notes: notes)
  }

  private func others<Element>(than all: [Element]) -> String {
    all.count > 1 ? " (and \(all.count - 1) more like it)" : ""
  }
}

/// `'a', 'b', 'c' and 5 more`
func quoted(_ names: [String], atMost limit: Int = 5) -> String {
  names.prefix(limit).map { "'\($0)'" }.joined(separator: ", ")
    + (names.count > limit ? " and \(names.count - limit) more" : "")
}
