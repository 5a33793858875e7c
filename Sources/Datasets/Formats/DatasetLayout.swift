import Basics
import Definitions

extension DatasetIndex {
  /// Sorts the content of a source into classes.
  ///
  /// Files count if their path is `train/<class>/…` or `test/<class>/…` in the folder that contains both. Hidden files,
  /// and files elsewhere, are ignored.
  ///
  /// - Parameters:
  ///   - skipsUnreadable: whether a broken link among the images counts as an unreadable image.
  ///   - isImage: whether the content of a file begins like an image; called for files with names of notes.
  /// - Throws: `DiagnosticError` with everything that prevents this from being a dataset; the errors of `isImage`.
  init(
    _ listing: SourceListing, skipsUnreadable: Bool, isImage: (String) throws -> Bool
  ) throws {
    let layout = try DatasetLayout(listing)
    try layout.checkAccess()
    try layout.checkNames()
    let broken = layout.brokenLinks()
    try layout.checkLinks(broken, skipsUnreadable: skipsUnreadable)
    var classes: [String: ClassFiles] = [:]
    var passedOver: [String] = []
    var systemFolders: Set<String> = []
    for folder in listing.folders {
      guard let path = layout.path(of: folder, isFile: false), let name = path.className else {
        if let system = layout.systemFolder(in: folder) { systemFolders.insert(system) }
        continue
      }
      classes[name, default: ClassFiles(name: name)].note(nil, in: path.subset)
    }
    for file in listing.files + broken.map(\.path) {
      guard let path = layout.path(of: file, isFile: true), let name = path.className else {
        if let system = layout.systemFolder(in: file) { systemFolders.insert(system) }
        continue
      }
      if PassedOver.isNote(file), try !isImage(file) {
        passedOver.append(file)
        continue
      }
      classes[name, default: ClassFiles(name: name)].note(file, in: path.subset)
    }
    self.init(
      classes: classes.values.map(\.sorted).sorted { utf8Order($0.name, $1.name) },
      passedOver: (passedOver + systemFolders).sorted(by: utf8Order))
    let diagnostics = layout.problems(of: self)
    guard diagnostics.isEmpty else { throw DiagnosticError(diagnostics) }
  }
}

extension DatasetIndex.ClassFiles {
  fileprivate init(name: String) { self.init(name: name, train: [], test: []) }

  /// - Parameter file: `nil` for the class folder itself.
  fileprivate mutating func note(_ file: String?, in subset: Subset) {
    guard let file else { return }
    switch subset {
    case .train: train.append(file)
    case .test: test.append(file)
    }
  }

  /// The same with its files in their natural order.
  fileprivate var sorted: DatasetIndex.ClassFiles {
    .init(name: name, train: naturalOrder(train), test: naturalOrder(test))
  }
}

/// Paths in the order of their composed forms, so that the images of a folder and of an archive have the same order.
private func naturalOrder(_ paths: [String]) -> [String] {
  let keyed = paths.map { (key: $0.composed, path: $0) }
  return keyed.sorted { left, right in
    utf8Order(left.key, right.key)
      || !utf8Order(right.key, left.key) && utf8Order(left.path, right.path)
  }.map(\.path)
}

func utf8Order(_ left: String, _ right: String) -> Bool {
  left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// Where a source has its classes.
struct DatasetLayout {
  let listing: SourceListing
  /// The components of the folder that contains the subsets.
  let root: [Substring]
  /// The subsets that it contains.
  let subsets: Set<Subset>

  static let expectation = Diagnostic.Note(
    "images are expected as train/<class>/… and test/<class>/…")

  /// Finds the folder that contains `train` and `test`, the one nearest the root.
  ///
  /// - Throws: `DiagnosticError` if there is none.
  init(_ listing: SourceListing) throws {
    self.listing = listing
    var found = DatasetLayout.roots(of: DatasetLayout.folders(of: listing))
    if !found.values.contains(where: { $0.count == 2 }) {
      // A link in place of a folder, or an undecodable name, must not be mistaken for a missing one.
      let others =
        listing.brokenLinks.map(\.path) + listing.unnamed + listing.locked.map(\.path)
      for (root, subsets) in DatasetLayout.roots(of: others) {
        found[root, default: []].formUnion(subsets)
      }
    }
    let whole = found.filter { $0.value.count == 2 }
    let candidates = whole.isEmpty ? found : whole
    let depth = candidates.keys.map(\.count).min()
    let nearest = candidates.filter { $0.key.count == depth }
    guard let (root, subsets) = nearest.first else {
      throw listing.locked.first?.reason ?? DatasetLayout.absence(in: listing)
    }
    guard nearest.count == 1 else {
      if whole.isEmpty {
        let places = nearest.flatMap { root, subsets in
          subsets.map { (root + [$0.rawValue[...]]).joined(separator: "/") }
        }
        throw DiagnosticError(
          "no folder of dataset '\(listing.source)' contains both 'train' and 'test': there are "
            + quoted(places.sorted(by: utf8Order)),
          notes: [DatasetLayout.expectation])
      }
      let names = nearest.keys.map { $0.joined(separator: "/") }.sorted(by: utf8Order)
      throw DiagnosticError(
        "'\(listing.source)' contains several datasets, in \(quoted(names)): "
          + "'source' must name one of them",
        notes: [DatasetLayout.expectation])
    }
    self.root = root
    self.subsets = subsets
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

  /// The subsets in each folder that contains any.
  private static func roots(of folders: some Sequence<some StringProtocol>) -> [[Substring]:
    Set<Subset>]
  {
    var roots: [[Substring]: Set<Subset>] = [:]
    for folder in folders {
      let parts = Substring(folder).split(separator: "/")
      guard !parts.contains(where: PassedOver.isHidden) else { continue }
      for (index, part) in parts.enumerated() {
        guard let subset = Subset(rawValue: String(part)) else { continue }
        roots[Array(parts[..<index]), default: []].insert(subset)
      }
    }
    return roots
  }

  /// A path inside a subset's folder.
  struct Place {
    var subset: Subset
    /// The class, if the path is its folder or inside it; with composed characters.
    var className: String?
  }

  /// - Returns: `nil` for hidden paths, and for those elsewhere.
  func path(of path: String, isFile: Bool) -> Place? {
    let parts = path.split(separator: "/")
    let folders = isFile ? parts.dropLast() : parts[...]
    guard folders.count > root.count, folders.starts(with: root),
      let subset = Subset(rawValue: String(folders[root.count])),
      !parts.contains(where: PassedOver.isHidden)
    else { return nil }
    return Place(
      subset: subset,
      className: folders.count > root.count + 1 ? String(folders[root.count + 1]).composed : nil)
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
    let locked = listing.locked.first { path(of: $0.path, isFile: false) != nil }
    if let locked { throw locked.reason }
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
