import Archives
import Basics
import Definitions
import SystemPackage

/// The content of an archive, with links resolved.
struct ArchiveContents {
  /// The files in class folders, in their natural order, and links to files.
  let index: DatasetIndex
  /// The target of each link to a file, by path.
  private(set) var links: [String: String] = [:]
  /// The reason why each broken link of the index cannot be read.
  private(set) var unreadable: [String: String] = [:]
  /// What the headers of the images say; nothing if they were not examined.
  private(set) var headers = HeaderSurvey()

  /// - Parameters:
  ///   - name: of the archive, or of the folder of several.
  ///   - kind: `archive` or `dataset`, for messages.
  ///   - rules: how files are sorted into subsets and classes.
  ///   - headers: collects the headers of the images; `nil` to read names alone.
  /// - Throws: `DiagnosticError` if an archive cannot be read, is damaged, contains a file twice, or is not laid out
  ///   as a dataset; `Interrupted`.
  init(
    _ chain: ArchiveChain, name: FilePath, kind: String, _ rules: LayoutRules,
    examining headers: HeaderCollector? = nil, unless stop: StopCheck
  ) throws {
    var collector = headers
    var listing = SourceListing(kind: kind, source: name.string)
    var names: Set<String> = []
    var targets: [String: Target] = [:]
    /// Files with names of notes whose content begins like an image.
    var images: Set<String> = []
    var labels = LabelFiles()
    while let entry = try chain.next() {
      guard entry.isNamed else {
        listing.unnamed.append(entry.path)
        continue
      }
      switch entry.kind {
      case .file: listing.files.append(entry.path)
      case .hardLink(let target): targets[entry.path] = Target(target)
      case .symbolicLink(let target):
        targets[entry.path] = Target(target, from: entry.path)
      case .folder:
        listing.folders.append(entry.path)
        continue
      case .other: continue
      }
      guard names.insert(entry.path).inserted else {
        throw DiagnosticError("\(kind) '\(name)' contains '\(entry.path)' twice")
      }
      guard case .file = entry.kind else { continue }
      if !rules.isUsual, LabelFiles.areLabels(entry.path) {
        try labels.add(entry.path, chain.content(limit: LabelFiles.mostBytes + 1))
        continue
      }
      let isNote = PassedOver.isNote(entry.path)
      guard isNote || collector != nil else { continue }
      let start = try chain.content(
        limit: collector == nil ? 8 : ImageDecoder.mostBytes + 1, until: ImageHeader.isComplete)
      if isNote, !ImageDecoder.canRead(start) { continue }
      if isNote { images.insert(entry.path) }
      if let look = collector?.look(at: start) { collector?.note(entry.path, look) }
    }
    links = try ArchiveContents.follow(targets, among: &listing, unless: stop)
    for link in listing.brokenLinks {
      unreadable[link.path] = "it is a link to '\(link.target)', \(link.problem)"
    }
    listing.files += links.keys
    index = try DatasetIndex(
      listing, rules,
      labels: labels.isEmpty && !chain.hasLooseImages ? nil : labels.labels(of: listing.files),
      unless: stop
    ) { [links] path in
      images.contains(links[path] ?? path)
    }
    for (path, reason) in unreadable { collector?.note(path, unreadable: reason) }
    self.headers = collector?.survey(of: index) { [links] in links[$0] ?? $0 } ?? self.headers
  }

  // MARK: - Links

  /// The target of a link, as stored in the archive.
  private struct Target {
    var text: String
    /// The path of a symbolic link, whose folder its target starts from; `nil` for a hard link.
    var link: String?
    /// No system follows such a target.
    private let isTooLong: Bool

    init(_ target: String, from link: String? = nil) {
      isTooLong = target.utf8.count > ArchiveReader.longestPath
      text = isTooLong ? "\(target.prefix(40))…" : target
      self.link = link
    }

    /// From the root of the archive, with `..` as in the link; `nil` for one that leaves the archive.
    var parts: [Substring]? {
      guard !isTooLong else { return nil }
      let parts = pathComponents(text)
      guard let link else { return parts }
      return text.hasPrefix("/") ? nil : pathComponents(link).dropLast() + parts
    }
  }

  /// The maximum number of consecutive links; as many as Linux follows in a path.
  static let mostSteps = 40

  /// Resolves links to files, and records broken ones.
  private static func follow(
    _ targets: [String: Target], among listing: inout SourceListing, unless stop: StopCheck
  ) throws -> [String: String] {
    let known = Set(listing.files)
    var paths: [String: Resolved] = [:]
    for (link, target) in targets {
      try stop.check()
      paths[link] = resolved(target) { targets[$0] != nil }
    }
    var found: [String: String] = [:]
    // By name, so that the same archive always produces the same error.
    for link in targets.keys.sorted(by: utf8Order) {
      try stop.check()
      var end = paths[link]
      var steps = 1
      while steps < mostSteps, case .path(let path)? = end, let next = paths[path] {
        end = next
        steps += 1
      }
      let problem: String
      switch end {
      case .path(let path)? where known.contains(path):
        found[link] = path
        continue
      case .path(let path)? where paths[path] != nil:
        problem = "which is part of a loop, or followed by more than \(mostSteps) links"
      case .through(let other)?:
        problem = "which leads through another link, '\(other)'"
      case .path?, .outside?, nil:
        problem = "which is not a file in it"
      }
      let first: String
      if case .path(let path)? = paths[link] {
        first = path
      } else {
        first = targets[link]?.text ?? ""
      }
      listing.brokenLinks.append(.init(path: link, target: first, problem: problem))
    }
    return found
  }

  private enum Resolved {
    case path(String)
    /// A folder in the path is itself a link, so the meaning of a following `..` depends on its target.
    case through(String)
    case outside
  }

  private static func resolved(_ target: Target, isLink: (String) -> Bool) -> Resolved {
    guard let all = target.parts else { return .outside }
    // Assembled step by step: joining all parts at each of them takes the square of their number.
    var path = ""
    /// The lengths of the paths of the folders above.
    var above: [Int] = []
    for (index, part) in all.enumerated() {
      guard part != ".." else {
        guard let length = above.popLast() else { return .outside }
        path = String(path[..<path.utf8.index(path.startIndex, offsetBy: length)])
        continue
      }
      // No entry is deeper.
      guard above.count < ArchiveReader.mostLevels else { return .outside }
      above.append(path.utf8.count)
      if !path.isEmpty { path += "/" }
      path += part
      if index < all.count - 1, isLink(path) { return .through(path) }
    }
    return .path(path)
  }
}

extension ArchiveReader {
  /// A reader for an archive of images.
  ///
  /// - Throws: `DiagnosticError` if the file cannot be read.
  static func ofDataset(_ archive: FilePath, _ stop: StopCheck) throws -> ArchiveReader {
    try ArchiveReader(
      archive, expectation: "a dataset is a folder, or an archive such as .tar, .tar.gz or .zip",
      stop: stop)
  }
}
