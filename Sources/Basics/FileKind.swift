/// Identifies files by their first bytes, for messages about unexpected files.
package enum FileKind {
  /// The number of bytes that are examined.
  package static let length = 512

  /// The kind of a file, such as `a GIF image`; `nil` if unknown.
  ///
  /// - Parameter bytes: the first `length` bytes, or fewer if the file is shorter.
  package static func name(of bytes: some Collection<UInt8>) -> String? {
    let head = Array(bytes.prefix(length))
    guard !head.isEmpty else { return "empty" }
    for signature in signatures where head.has(signature.bytes, at: signature.offset) {
      return signature.name
    }
    // Two letters may begin any word, so the reserved bytes of a bitmap's header are checked too.
    if head.has(Array("BM".utf8), at: 0), head.has([0, 0, 0, 0], at: 6) { return "a BMP image" }
    if head.allSatisfy({ $0 == 0 }) { return "nothing but zeros" }
    return textName(head)
  }

  /// Whether a kind returned by `name` is an archive, or compressed like one.
  package static func isArchive(_ name: String) -> Bool {
    archives.contains(name)
  }

  private static let archives: Set<String> = [
    "a zip archive", "a gzip file", "a bzip2 file", "an xz file", "a zstd file", "a 7z archive",
    "a RAR archive", "a tar archive",
  ]

  private struct Signature {
    var bytes: [UInt8]
    var offset = 0
    var name: String

    init(_ text: String, _ name: String, at offset: Int = 0) {
      self.init(Array(text.utf8), name, at: offset)
    }

    init(_ bytes: [UInt8], _ name: String, at offset: Int = 0) {
      self.bytes = bytes
      self.name = name
      self.offset = offset
    }
  }

  /// Longer signatures precede their prefixes.
  private static let signatures = [
    Signature([0xff, 0xd8, 0xff], "a JPEG image"),
    Signature([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "a PNG image"),
    Signature("GIF8", "a GIF image"),
    Signature("WEBP", "a WebP image", at: 8),
    Signature("II*\0", "a TIFF image"), Signature("MM\0*", "a TIFF image"),
    Signature("II+\0", "a TIFF image"), Signature("MM\0+", "a TIFF image"),
    Signature("ftypavif", "an AVIF image", at: 4), Signature("ftypavis", "an AVIF image", at: 4),
    Signature("ftyphei", "a HEIF image", at: 4), Signature("ftyphev", "a HEIF image", at: 4),
    Signature("ftypmif1", "a HEIF image", at: 4), Signature("ftypmsf1", "a HEIF image", at: 4),
    Signature("ftyp", "a video", at: 4), Signature([0x1a, 0x45, 0xdf, 0xa3], "a video"),
    Signature("AVI ", "a video", at: 8),
    Signature([0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20], "a JPEG 2000 image"),
    Signature([0xff, 0x4f, 0xff, 0x51], "a JPEG 2000 image"),
    Signature([0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20], "a JPEG XL image"),
    Signature([0xff, 0x0a], "a JPEG XL image"),
    Signature("8BPS", "a Photoshop image"), Signature("v/1\u{1}", "an OpenEXR image"),
    Signature([0, 0, 1, 0], "an icon"), Signature("DICM", "a DICOM image", at: 128),
    Signature("SIMPLE  =", "a FITS image"),
    Signature("P1\n", "a PBM image"), Signature("P4\n", "a PBM image"),
    Signature("P2\n", "a PGM image"), Signature("P5\n", "a PGM image"),
    Signature("P3\n", "a PPM image"), Signature("P6\n", "a PPM image"),
    Signature("P5 ", "a PGM image"), Signature("P6 ", "a PPM image"),
    Signature([0x00, 0x05, 0x16, 0x07], "a macOS companion file (AppleDouble)"),
    Signature([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "a Windows or Office file"),
    Signature("%PDF", "a PDF document"), Signature("SQLite format 3\0", "an SQLite database"),
    Signature([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "a NumPy array"),
    Signature([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "an HDF5 file"),
    Signature("GGUF", "a GGUF file"), Signature("PAR1", "a Parquet file"),
    Signature("ARROW1", "an Arrow file"),
    Signature("MATLAB 5.0", "a MATLAB file"),
    Signature([0, 0, 8, 1], "an IDX file"), Signature([0, 0, 8, 3], "an IDX file"),
    Signature("PK\u{3}\u{4}", "a zip archive"), Signature("PK\u{5}\u{6}", "a zip archive"),
    Signature([0x1f, 0x8b], "a gzip file"), Signature("BZh", "a bzip2 file"),
    Signature([0xfd, 0x37, 0x7a, 0x58, 0x5a], "an xz file"),
    Signature([0x28, 0xb5, 0x2f, 0xfd], "a zstd file"),
    Signature([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive"),
    Signature("Rar!", "a RAR archive"), Signature("ustar", "a tar archive", at: 257),
    Signature([0x80, 2, 0x63], "a Python pickle"), Signature([0x80, 2, 0x7d], "a Python pickle"),
    Signature([0x80, 2, 0x8a], "a PyTorch file (pickle)"),
    Signature([0x80, 3], "a Python pickle"), Signature([0x80, 4, 0x95], "a Python pickle"),
    Signature([0x80, 5, 0x95], "a Python pickle"),
    Signature([0x7f, 0x45, 0x4c, 0x46], "a program"),
    Signature("version https://git-lfs.github.com/spec/", "a Git LFS pointer, not the file itself"),
    Signature([0xff, 0xfe], "text in UTF-16"), Signature([0xfe, 0xff], "text in UTF-16"),
  ]

  /// The kind of a text; `nil` for bytes that are not text.
  private static func textName(_ head: [UInt8]) -> String? {
    let isText = head.allSatisfy { $0 >= 0x20 || [0x09, 0x0a, 0x0c, 0x0d, 0x1b].contains($0) }
    guard isText, head.contains(where: { $0 < 0x80 }) else { return nil }
    let text = String(decoding: head, as: UTF8.self)
    let start = text.drop { $0.isWhitespace || $0 == "\u{feff}" }.prefix(256).lowercased()
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") { return "an HTML page" }
    if start.contains("<svg") { return "an SVG drawing" }
    if start.hasPrefix("<?xml") || start.hasPrefix("<") { return "an XML text" }
    if start.hasPrefix("{") || start.hasPrefix("[") { return "a JSON text" }
    return "text"
  }
}

extension [UInt8] {
  fileprivate func has(_ bytes: [UInt8], at offset: Int) -> Bool {
    guard count >= offset + bytes.count else { return false }
    return self[offset..<offset + bytes.count].elementsEqual(bytes)
  }
}
