import Execution
import Glibc

/// What signals set: a handler can reach nothing but globals.
private let signalled = StopSignal()
/// Set by the first SIGINT or SIGTERM.
private let demanded = StopSignal()

/// Signals by which terminals, batch systems and people ask a program to end: a closed terminal or connection, a limit of
/// processor time, and what a batch job is sent some time before it is killed (Slurm's `--signal=USR1@60`).
private let askingToEnd = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU]

/// A stop that is requested by any of the signals above. The second SIGINT or SIGTERM, if the first was one of these, ends
/// the process at once: somebody does not want to wait.
///
/// - Parameter countsOutput: whether output that nobody reads any more (SIGPIPE) asks to end, too; without it, that ends
///   the process, as it ends `plan | head`.
func stopOnSignals(countsOutput: Bool = false) -> StopSignal {
  // The globals are made now: their first use must not be inside a handler.
  let stop = signalled
  _ = demanded.isRequested
  var action = sigaction()
  action.sa_flags = SA_RESTART
  var signals = sigset_t()
  sigemptyset(&signals)
  for number in askingToEnd + (countsOutput ? [SIGPIPE] : []) {
    // Who starts a program with `nohup` wants it to outlive the terminal.
    if number == SIGHUP, isIgnored(number) { continue }
    if number == SIGINT || number == SIGTERM {
      action.__sigaction_handler.sa_handler = { end($0) }
    } else {
      action.__sigaction_handler.sa_handler = { _ in signalled.request() }
    }
    sigaction(number, &action, nil)
    sigaddset(&signals, number)
  }
  // Whoever started the program may have left it with these held back.
  pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  return stop
}

private func end(_ number: Int32) {
  if demanded.isRequested {
    // What the system does without a handler; it happens as soon as this one returns.
    signal(number, SIG_DFL)
    raise(number)
  }
  demanded.request()
  signalled.request()
}

private func isIgnored(_ number: Int32) -> Bool {
  var action = sigaction()
  guard sigaction(number, nil, &action) == 0 else { return false }
  // Handlers cannot be compared in Swift but by their addresses.
  return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    == unsafeBitCast(SIG_IGN, to: Int.self)
}
