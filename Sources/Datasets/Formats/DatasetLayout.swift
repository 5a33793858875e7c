import Basics
import Definitions

extension DatasetIndex {
  /// Sorts what a source holds into classes.
  ///
  /// A file counts where its path is `train/<class>/…` or `test/<class>/…`, below the folder that holds both.
  /// What is hidden, and what lies elsewhere, is passed over.
  /// - Parameters:
  ///   - skipsUnreadable: whether a link among the images that leads nowhere counts as an image that cannot be
  ///     read.
  ///   - isImage: whether a file begins as an image: asked where a name is that of a note.
  /// - Throws: `DiagnosticError` with everything that keeps this from being a dataset; what `isImage` throws.
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
    for folder in listing.folders {
      guard let path = layout.path(of: folder, isFile: false), let name = path.className else {
        continue
      }
      classes[name, default: ClassFiles(name: name)].note(nil, in: path.subset)
    }
    for file in listing.files + broken.map(\.path) {
      guard let path = layout.path(of: file, isFile: true), let name = path.className else {
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
      passedOver: passedOver.sorted(by: utf8Order))
    let diagnostics = layout.problems(of: self)
    guard diagnostics.isEmpty else { throw DiagnosticError(diagnostics) }
  }
}

extension DatasetIndex.ClassFiles {
  fileprivate init(name: String) { self.init(name: name, train: [], test: []) }

  /// - Parameter file: `nil` for the class's folder itself.
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

/// Paths in the order of their composed forms, so that a folder's images and an archive's have one order.
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
  /// The folder that holds the subsets, in parts.
  let root: [Substring]
  /// The subsets that it holds.
  let subsets: Set<Subset>

  static let expectation = Diagnostic.Note(
    "images are expected as train/<class>/… and test/<class>/…")

  /// Looks for the folder that holds `train` and `test`, the one nearest the top.
  ///
  /// - Throws: `DiagnosticError` where there is none.
  init(_ listing: SourceListing) throws {
    self.listing = listing
    var found = DatasetLayout.roots(of: DatasetLayout.folders(of: listing))
    if !found.values.contains(where: { $0.count == 2 }) {
      // A link in the place of a folder, or a name that cannot be read, is worth more than to be missing.
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

  /// All folders, including those that only paths of files imply.
  private static func folders(of listing: SourceListing) -> Set<Substring> {
    var folders = Set(listing.folders.map { $0[...] })
    var last: Substring?
    for file in listing.files {
      guard let slash = file.lastIndex(of: "/") else { continue }
      let folder = file[..<slash]
      // Files of a folder mostly follow one another.
      if folder != last { folders.insert(folder) }
      last = folder
    }
    return folders
  }

  /// The subsets in each folder that holds any.
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

  /// A path below a subset's folder.
  struct Place {
    var subset: Subset
    /// The class, where the path is its folder's or lies in it; with composed characters.
    var className: String?
  }

  /// - Returns: `nil` for what is hidden, and for what lies elsewhere.
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

  /// Makes sure that no folder of images is one that may not be read.
  func checkAccess() throws {
    let locked = listing.locked.first { path(of: $0.path, isFile: false) != nil }
    if let locked { throw locked.reason }
  }

  /// Makes sure that the names of classes and images can be read.
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

  /// Links in the place of classes or images that lead nowhere.
  func brokenLinks() -> [SourceListing.BrokenLink] {
    listing.brokenLinks.filter { link in
      guard path(of: link.path, isFile: false) != nil else { return false }
      // Among the classes' folders, a name like a file's is nobody's business; any other may be a class.
      return isImage(link)
        || !PassedOver.isNote(link.path) && !PassedOver.isImageName(link.path)
          && !PassedOver.isArchiveName(link.path)
    }
  }

  /// Whether a link lies in a class's folder.
  private func isImage(_ link: SourceListing.BrokenLink) -> Bool {
    path(of: link.path, isFile: true)?.className != nil
  }

  /// - Throws: `DiagnosticError` where a class is missing for a link that leads nowhere, or an image is, and such
  ///   are not skipped.
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
