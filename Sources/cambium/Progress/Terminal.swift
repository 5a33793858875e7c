import Glibc

/// What standard error is connected to.
struct Terminal {
  /// `nil` if output goes to a file or a pipe, where nothing can be redrawn.
  var columns: (@Sendable () -> Int)?

  static var standardError: Terminal {
    guard isatty(STDERR_FILENO) == 1 else { return Terminal(columns: nil) }
    return Terminal {
      var size = winsize()
      let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      return known ? Int(size.ws_col) : 80
    }
  }
}
