import Glibc

/// Ends the program with a message and a status if a mapped file is truncated by something else, or its disk can no
/// longer be read. Otherwise the system would end it without a message.
func explainBusErrors() {
  var action = sigaction()
  action.__sigaction_handler.sa_handler = { _ in
    // A signal handler must not allocate, or rely on the program's state.
    _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
    _exit(ExitStatus.stageFailed)
  }
  sigaction(SIGBUS, &action, nil)
}

private let message: StaticString = """
  error: a file of the store was truncated by another program, or its disk cannot be read, while it was in use
    note: run again: damaged files are detected and recomputed\n
  """
