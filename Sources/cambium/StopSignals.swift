import Execution
import Glibc

/// What SIGINT and SIGTERM set: a handler can reach nothing but globals.
private let signalled = StopSignal()

/// A signal that is raised by SIGINT and SIGTERM; the second of them ends the process at once.
func stopOnSignals() -> StopSignal {
  // The global is made now: its first use must not be inside a handler.
  let stop = signalled
  var action = sigaction()
  action.__sigaction_handler.sa_handler = { number in
    if signalled.isRequested {
      // What the system does without a handler; it happens as soon as this one returns.
      signal(number, SIG_DFL)
      raise(number)
    }
    signalled.request()
  }
  action.sa_flags = SA_RESTART
  sigaction(SIGINT, &action, nil)
  sigaction(SIGTERM, &action, nil)
  // Whoever started the program may have left it with these held back.
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGINT)
  sigaddset(&signals, SIGTERM)
  pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  return stop
}
