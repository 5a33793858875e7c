import Execution
import Glibc

/// Prints a run's events on standard output, one JSON object a line.
struct JSONLines: ExecutionObserver {
  func receive(_ event: ExecutionEvent, at time: Double) {
    print(event.value(at: time).json())
    fflush(stdout)
  }
}
