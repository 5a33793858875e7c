import Basics
// The C library's name for the stream is a variable, although nobody assigns it.
@preconcurrency import Glibc

/// Flushes standard output; returns whether everything printed has been written.
func finishStandardOutput() -> Bool {
  // An earlier write may have failed; the stream records this.
  fflush(stdout) == 0 && ferror(stdout) == 0
}

/// Prints text that is meant for other programs, such as comma-separated values: as it is, but with control characters
/// made visible where a terminal would obey them.
func printData(_ text: String) {
  print(isatty(STDOUT_FILENO) == 1 ? printable(text) : text, terminator: "")
}
