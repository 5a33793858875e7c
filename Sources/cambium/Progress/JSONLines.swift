import Execution
import Glibc

/// Prints a run's events on standard output, one JSON object a line.
struct JSONLines: ExecutionObserver {
  func receive(_ event: ExecutionEvent, at time: Double) {
    print(event.value(at: time).json())
    // All streams: standard output has no name that strict concurrency lets one use.
    fflush(nil)
  }
}
