import SystemPackage

/// Writes a line to standard error.
func printError(_ text: String) { writeError(text + "\n") }

/// Writes to standard error without buffering.
func writeError(_ text: String) {
  // If standard error cannot be written, there is nobody to inform.
  _ = try? FileDescriptor.standardError.writeAll(text.utf8)
}
