import Basics

/// The names in a folder or an archive.
struct SourceListing {
  /// A link without a readable target.
  struct BrokenLink {
    var path: String
    /// As stored in the link.
    var target: String
    /// `which does not exist`.
    var problem: String
  }

  /// For messages: `dataset` or `archive`, and its path.
  var kind: String
  var source: String
  /// Files, and links to files.
  var files: [String] = []
  /// Including empty ones, as far as they are listed.
  var folders: [String] = []
  var brokenLinks: [BrokenLink] = []
  /// Unreadable folders, with the reasons.
  var locked: [(path: String, reason: DiagnosticError)] = []
  /// Entries whose names are not UTF-8, with their bytes escaped.
  var unnamed: [String] = []
}

/// Entries that are not part of a dataset, by their names.
enum PassedOver {
  /// Whether an entry of this name is hidden, or is a folder that operating systems create.
  static func isHidden(_ name: some StringProtocol) -> Bool {
    switch name.utf8.first {
    case UInt8(ascii: ".")?: true
    // Only a few of a million names are looked up.
    case .some(let first) where systemFolderStarts.contains(first):
      systemFolders.contains(String(name))
    default: false
    }
  }

  private static let systemFolderStarts = Set(systemFolders.compactMap(\.utf8.first))

  private static let systemFolders: Set<String> = [
    "__MACOSX", "@eaDir", "#recycle", "#snapshot", "@Recycle", "$RECYCLE.BIN", "RECYCLER",
    "System Volume Information", "lost+found",
    "__pycache__",
  ]

  /// Whether a file has the name of a system file or a note. It is not an image unless its content says otherwise.
  static func isNote(_ path: String) -> Bool {
    let name = (path.split(separator: "/").last ?? "").lowercased()
    // The last is metadata that Windows writes about downloads if the file system cannot hide it.
    if systemFiles.contains(name) || name.hasSuffix(":zone.identifier") { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if isImageName(path) { return false }
    if notes.contains(String(parts[0])) { return true }
    return parts.count > 1 && noteEndings.contains(String(parts[parts.count - 1]))
  }

  private static let systemFiles: Set<String> = [
    "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "picasa.ini",
  ]
  private static let notes: Set<String> = [
    "readme", "license", "licence", "copying", "notice", "changelog", "authors", "citation",
    "checksums", "md5sums", "sha1sums", "sha256sums",
  ]
  private static let noteEndings: Set<String> = [
    "txt", "md", "rst", "rtf", "pdf", "doc", "docx", "csv", "tsv", "xls", "xlsx", "json", "jsonl",
    "xml", "yaml", "yml", "toml", "ini", "cfg", "conf", "db", "sqlite", "log", "html", "htm", "url",
    "lnk", "webloc", "py", "pyc", "ipynb", "sh", "bat", "m", "mat", "md5", "sha1", "sha256", "asc",
    "sig", "bib", "tex", "torrent", "xmp", "aae", "thm", "nfo",
  ]

  /// Whether a file's name is that of an image of any kind.
  static func isImageName(_ path: String) -> Bool {
    imageEndings.contains(ending(of: path))
  }

  /// Whether a file's name is that of an archive.
  static func isArchiveName(_ path: String) -> Bool {
    archiveEndings.contains(ending(of: path))
  }

  private static func ending(of path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    let parts = name.split(separator: ".")
    return parts.count > 1 ? parts[parts.count - 1].lowercased() : ""
  }

  private static let imageEndings: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "webp", "tif", "tiff", "heic", "heif",
    "avif",
    "ppm", "pgm", "jp2", "jxl",
  ]
  private static let archiveEndings: Set<String> = [
    "tar", "gz", "tgz", "bz2", "tbz", "tbz2", "xz", "txz", "zst", "zip", "7z", "rar", "lz4", "lzma",
  ]
}
