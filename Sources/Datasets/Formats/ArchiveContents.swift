import Archives
import Basics
import SystemPackage

/// The names in an archive, links resolved.
struct ArchiveContents {
  private(set) var files: [String] = []
  private(set) var folders: [String] = []
  /// For the path of each link to a file, the path of that file.
  private(set) var links: [String: String] = [:]

  private let archive: FilePath

  /// - Throws: `DiagnosticError` where the archive cannot be read, is damaged, names a file twice, or
  ///   holds a link among the images that does not lead to one of its files; `Interrupted`.
  init(_ archive: FilePath, unless stop: StopCheck) throws {
    self.archive = archive
    let reader = try ArchiveReader.ofDataset(archive, stop)
    var names: Set<String> = []
    var targets: [String: String] = [:]
    while let entry = try reader.next() {
      switch entry.kind {
      case .file: files.append(entry.path)
      case .hardLink(let target): targets[entry.path] = target
      case .symbolicLink(let target):
        targets[entry.path] = ArchiveContents.resolved(target, from: entry.path)
      case .folder:
        folders.append(entry.path)
        continue
      case .other: continue
      }
      guard names.insert(entry.path).inserted else {
        throw DiagnosticError("archive '\(archive)' holds '\(entry.path)' twice")
      }
    }
    try follow(targets, unless: stop)
  }

  func index() throws -> DatasetIndex {
    do {
      return try DatasetIndex(paths: files + links.keys, folders: folders, source: archive.string)
    } catch var error as DiagnosticError {
      if let outside = files.first(where: { $0.split(separator: "/").contains("..") }) {
        let note = "members outside the archive are not read: '\(outside)'"
        for index in error.diagnostics.indices {
          error.diagnostics[index].notes.append(.init(note))
        }
      }
      throw error
    }
  }

  /// Links that are followed one after the other; as many as Linux follows in a path.
  static let mostSteps = 40

  private mutating func follow(_ targets: [String: String], unless stop: StopCheck) throws {
    let known = Set(files)
    // By name, so that the same archive always gives the same error.
    for (link, first) in targets.sorted(by: { $0.key < $1.key }) {
      try stop.check()
      var target = first
      var steps = 1
      while steps < ArchiveContents.mostSteps, let next = targets[target] {
        target = next
        steps += 1
      }
      if known.contains(target) {
        links[link] = target
      } else if DatasetIndex.isAmongImages(link) {
        let isEndless = targets[target] != nil
        throw DiagnosticError(
          "'\(link)' in archive '\(archive)' is a link to '\(first)', which "
            + (isEndless
              ? "leads in a circle, or through more than \(ArchiveContents.mostSteps) links"
              : "is no file in it"),
          notes: [.init("only links to files of the same archive are followed")])
      }
    }
  }

  /// The path inside the archive that a symbolic link leads to; one that leaves the archive stays as it
  /// is, and so leads to none of its files.
  private static func resolved(_ target: String, from link: String) -> String {
    guard !target.hasPrefix("/") else { return target }
    var parts = link.split(separator: "/").dropLast()
    for part in target.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if parts.popLast() == nil {
        return target
      }
    }
    return parts.joined(separator: "/")
  }
}

extension ArchiveReader {
  /// A reader of an archive of images.
  ///
  /// - Throws: `DiagnosticError` where the file cannot be read.
  static func ofDataset(_ archive: FilePath, _ stop: StopCheck) throws -> ArchiveReader {
    try ArchiveReader(
      archive, expectation: "a dataset is a folder, or an archive such as .tar, .tar.gz or .zip",
      stop: stop)
  }
}
