import Engine
import Execution

extension StageContext {
  /// Tells the user where the system grants a network fewer threads than it was to have.
  func warnOfMissingThreads(of net: any TrainableNetwork) {
    guard net.threads < threads else { return }
    warn(
      "the system grants \(net.threads) of \(threads) threads, which changes its time and no result; a limit "
        + "of processes (ulimit -u, or the batch job's) is reached")
  }
}
