// The C library's name for the stream is a variable, though one that nobody sets.
@preconcurrency import Glibc

/// Writes what is still to be written to standard output; returns whether all that was printed has been.
func finishStandardOutput() -> Bool {
  // An earlier write may have failed, which the stream remembers.
  fflush(stdout) == 0 && ferror(stdout) == 0
}
