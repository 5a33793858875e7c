import Glibc

/// The encoding that libarchive gives names in: that of the thread's locale, whatever an archive has.
///
/// A program begins in the locale `C`, which knows ASCII alone; the user's may be any. So names are read in a
/// locale of their own.
enum NameEncoding {
  /// `nil` on a system without any UTF-8: names in ASCII are read all the same, and others are said to be unreadable.
  // A locale is never changed once it has been made.
  private nonisolated(unsafe) static let utf8: locale_t? = ["C.UTF-8", "en_US.UTF-8"].lazy
    .compactMap { (name: String) in newlocale(LC_CTYPE_MASK, name, nil) }.first

  /// Does something in a locale whose text is UTF-8, on this thread.
  static func whileUTF8<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let utf8 else { return try body() }
    let before = uselocale(utf8)
    defer { uselocale(before) }
    return try body()
  }
}
