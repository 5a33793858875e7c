import Definitions
import Engine
import Execution
import Planning

extension StageContext {
  /// The threads for a network. What takes one of them less time than waking the others is left to one, with the same
  /// results; a new thread may take 10 ms to start where other programs run.
  ///
  /// - Parameters:
  ///   - cost: of the stage, which knows the work for an image; `nil` if it is not known.
  ///   - batch: the number of images at once.
  func threads(for cost: StageCost?, batch: Int) -> Int {
    guard let flops = cost?.flops, let images = cost?.images, images > 0 else { return threads }
    return flops / Double(images) * Double(batch) < StageContext.sharedWork ? 1 : threads
  }

  /// The threads that draw a network's initial parameters.
  func threads(drawing network: NetworkDefinition) -> Int {
    let count = (try? network.parameters())?.reduce(0) { $0 + $1.count } ?? .max
    return count < StageContext.sharedDraws ? 1 : threads
  }

  /// Multiplications and additions that are worth sharing: a tenth of a millisecond.
  private static let sharedWork = 2e6
  /// Draws that are worth sharing.
  private static let sharedDraws = 20_000

  /// Warns the user if the system granted a network fewer threads than requested.
  func warnOfMissingThreads(of net: any TrainableNetwork, wanted threads: Int? = nil) {
    let threads = threads ?? self.threads
    guard net.threads < threads else { return }
    warn(
      "the system grants only \(net.threads) of \(threads) threads, which affects the time but not the results; "
        + "the limit on processes (ulimit -u, or of the batch job) is reached")
  }
}
