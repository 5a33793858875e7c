import Execution
import Glibc

/// Set by signals: a handler can only access globals.
private let signalled = StopSignal()
/// Set by the first SIGINT or SIGTERM.
private let demanded = StopSignal()

/// Set by SIGUSR1.
private let warned = StopSignal()

/// Whether a batch system has announced that the limit of the job is near.
var isLimitNear: Bool { warned.isRequested }

/// Signals by which terminals, batch systems and users ask a program to stop: a closed terminal or connection, a
/// limit on processor time, and a warning before a batch job is killed (Slurm's `--signal=USR1@60`).
private let askingToEnd = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU]

/// A stop requested by any of the signals above. A second SIGINT or SIGTERM, if the first was one of these, ends the
/// process immediately: the user does not want to wait.
///
/// - Parameter countsOutput: whether closed output (SIGPIPE) also requests a stop; otherwise it ends the process, as
///   for `plan | head`.
func stopOnSignals(countsOutput: Bool = false) -> StopSignal {
  // Initialises the globals now: their first use must not be in a handler.
  let stop = signalled
  _ = demanded.isRequested
  _ = warned.isRequested
  var action = sigaction()
  action.sa_flags = SA_RESTART
  var signals = sigset_t()
  sigemptyset(&signals)
  for number in askingToEnd + (countsOutput ? [SIGPIPE] : []) {
    // A program started with `nohup` is meant to outlive the terminal.
    if number == SIGHUP, isIgnored(number) { continue }
    if number == SIGINT || number == SIGTERM {
      action.__sigaction_handler.sa_handler = { end($0) }
    } else {
      action.__sigaction_handler.sa_handler = { number in
        if number == SIGUSR1 { warned.request() }
        signalled.request()
      }
    }
    sigaction(number, &action, nil)
    sigaddset(&signals, number)
  }
  // The parent process may have blocked these signals.
  pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  return stop
}

private func end(_ number: Int32) {
  if demanded.isRequested {
    // The default action; it takes place as soon as this handler returns.
    signal(number, SIG_DFL)
    raise(number)
  }
  demanded.request()
  signalled.request()
}

private func isIgnored(_ number: Int32) -> Bool {
  var action = sigaction()
  guard sigaction(number, nil, &action) == 0 else { return false }
  // In Swift, handlers can only be compared by their addresses.
  return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    == unsafeBitCast(SIG_IGN, to: Int.self)
}
