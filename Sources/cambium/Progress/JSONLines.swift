import Execution
import Glibc

/// Prints the events of a run on standard output, one JSON object per line.
struct JSONLines: ExecutionObserver {
  func receive(_ event: ExecutionEvent, at time: Double) {
    print(event.value(at: time).json())
    // Flushes all streams, since strict concurrency does not permit the name of standard output.
    fflush(nil)
  }
}
