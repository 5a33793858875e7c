import Glibc

/// The encoding in which libarchive returns names: that of the thread's locale, whatever the archive uses.
///
/// A program starts in the locale `C`, which only supports ASCII, and the user's may be any. Names are therefore read
/// in a separate locale.
enum NameEncoding {
  /// `nil` on a system without UTF-8: ASCII names are read nevertheless, and others are reported as undecodable.
  // A locale is never changed after its creation.
  private nonisolated(unsafe) static let utf8: locale_t? = ["C.UTF-8", "en_US.UTF-8"].lazy
    .compactMap { (name: String) in newlocale(LC_CTYPE_MASK, name, nil) }.first

  /// Runs `body` on this thread in a locale with UTF-8 text.
  static func whileUTF8<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let utf8 else { return try body() }
    let before = uselocale(utf8)
    defer { uselocale(before) }
    return try body()
  }
}
