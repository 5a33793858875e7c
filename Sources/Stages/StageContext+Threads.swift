import Engine
import Execution

extension StageContext {
  /// Tells the user where the system grants a network fewer threads than it was to have.
  func warnOfMissingThreads(of net: any TrainableNetwork) {
    guard net.threads < threads else { return }
    warn(
      "the system grants only \(net.threads) of \(threads) threads, which affects the time but not the results; "
        + "the limit on processes (ulimit -u, or of the batch job) is reached")
  }
}
