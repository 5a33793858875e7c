// The C library's name for the stream is a variable, although nobody assigns it.
@preconcurrency import Glibc

/// Flushes standard output; returns whether everything printed has been written.
func finishStandardOutput() -> Bool {
  // An earlier write may have failed; the stream records this.
  fflush(stdout) == 0 && ferror(stdout) == 0
}
