import Glibc

/// Ends the program with a message and a status where a file that is mapped into memory was cut off by something
/// else, or its disk cannot be read any more: the system would end it without a word.
func explainBusErrors() {
  var action = sigaction()
  action.__sigaction_handler.sa_handler = { _ in
    // In a handler nothing may be made, and nothing of the program's state relied on.
    _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
    _exit(ExitStatus.stageFailed)
  }
  sigaction(SIGBUS, &action, nil)
}

private let message: StaticString = """
  error: a file of the store was truncated by another program, or its disk cannot be read, while it was in use
    note: run again: damaged files are detected and recomputed\n
  """
