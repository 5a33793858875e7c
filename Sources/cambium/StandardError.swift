import SystemPackage

/// Writes a line to standard error.
func printError(_ text: String) { writeError(text + "\n") }

/// Writes to standard error, at once.
func writeError(_ text: String) {
  // Where standard error cannot be written, there is nobody to tell.
  _ = try? FileDescriptor.standardError.writeAll(text.utf8)
}
