import Basics
import Definitions

/// What turns examples into batches that a network reads.
package protocol BatchSource: Sendable {
  /// What the network reads of one image.
  var input: Shape { get }

  /// Fills a batch without any randomness.
  func assemble(_ examples: Examples, _ range: Range<Int>, into batch: inout ImageBatch)

  /// Fills a batch for training.
  ///
  /// - Parameters:
  ///   - order: an epoch's order of examples; the batch takes the positions `range` of it.
  ///   - stream: the epoch's random stream.
  func assemble(
    _ examples: Examples, order: [Int], _ range: Range<Int>, stream: RandomStream,
    into batch: inout ImageBatch)
}

extension BatchAssembler: BatchSource {}
