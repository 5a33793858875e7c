import Engine
import Execution

extension StageContext {
  /// Warns the user if the system granted a network fewer threads than requested.
  func warnOfMissingThreads(of net: any TrainableNetwork) {
    guard net.threads < threads else { return }
    warn(
      "the system grants only \(net.threads) of \(threads) threads, which affects the time but not the results; "
        + "the limit on processes (ulimit -u, or of the batch job) is reached")
  }
}
