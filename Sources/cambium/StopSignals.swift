import Execution
import Glibc

/// What SIGINT and SIGTERM set: a handler can reach nothing but globals.
private let signalled = StopSignal()

/// A signal that is raised by SIGINT and SIGTERM; the second of either ends the process at once.
func stopOnSignals() -> StopSignal {
  // The global is made now: its first use must not be inside a handler.
  let signal = signalled
  var action = sigaction()
  action.__sigaction_handler.sa_handler = { _ in signalled.request() }
  action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
  sigaction(SIGINT, &action, nil)
  sigaction(SIGTERM, &action, nil)
  return signal
}
