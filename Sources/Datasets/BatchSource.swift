import Basics
import Definitions

/// Turns examples into batches for a network.
package protocol BatchSource: Sendable {
  /// The shape of the network's input for one image.
  var input: Shape { get }

  /// Fills a batch without randomness.
  ///
  /// - Throws: `DamagedImage` if an image cannot be decoded.
  func assemble(_ examples: Examples, _ range: Range<Int>, into batch: inout ImageBatch) throws

  /// Fills a batch for training.
  ///
  /// - Parameters:
  ///   - order: an epoch's order of examples; the batch takes the positions `range` of it.
  ///   - stream: the epoch's random stream.
  /// - Throws: `DamagedImage` if an image cannot be decoded.
  func assemble(
    _ examples: Examples, order: [Int], _ range: Range<Int>, stream: RandomStream,
    into batch: inout ImageBatch) throws
}

extension BatchAssembler: BatchSource {}
