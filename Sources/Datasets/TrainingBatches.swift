import Basics
import Definitions

/// The batches of a training run, by iteration: every epoch has a new order, and its last batch is the remainder.
///
/// A batch depends only on the stream and its iteration, so training can resume anywhere.
package struct TrainingBatches: Sendable {
  package let examples: Examples
  /// Images per batch, except in an epoch's last one.
  package let batchSize: Int
  private let assembler: any BatchSource
  private let orders: RandomStream
  private let augmentation: RandomStream
  private var epoch: Epoch?

  private struct Epoch {
    var number: Int
    var order: [Int]
    var stream: RandomStream
  }

  /// - Parameter stream: the stream of the training run; orders and augmentation are drawn from its branches
  ///   `shuffle` and `augment`.
  package init(
    examples: Examples, assembler: any BatchSource, batchSize: Int, stream: RandomStream
  ) {
    precondition(batchSize > 0 && examples.count > 0, "there is something to train on")
    self.examples = examples
    self.assembler = assembler
    self.batchSize = batchSize
    orders = stream.stream(for: "shuffle")
    augmentation = stream.stream(for: "augment")
  }

  /// Steps per epoch.
  package var batchesPerEpoch: Int { (examples.count + batchSize - 1) / batchSize }

  /// An empty batch of the right size.
  package func makeBatch() -> ImageBatch {
    ImageBatch(capacity: min(batchSize, examples.count), input: assembler.input)
  }

  /// Fills the batch of an iteration, counted from 0 through all epochs.
  ///
  /// - Throws: `DamagedImage` if an image cannot be decoded.
  package mutating func fill(_ batch: inout ImageBatch, iteration: Int) throws {
    let epoch = enter(epoch: iteration / batchesPerEpoch)
    try assembler.assemble(
      examples, order: epoch.order, range(of: iteration), stream: epoch.stream, into: &batch)
  }

  /// The examples of an iteration's batch, as positions in `examples`.
  package mutating func members(iteration: Int) -> ArraySlice<Int> {
    enter(epoch: iteration / batchesPerEpoch).order[range(of: iteration)]
  }

  private func range(of iteration: Int) -> Range<Int> {
    let first = iteration % batchesPerEpoch * batchSize
    return first..<min(first + batchSize, examples.count)
  }

  /// The epoch with a number: the current one, or a newly drawn one.
  private mutating func enter(epoch number: Int) -> Epoch {
    if let epoch, epoch.number == number { return epoch }
    let entered = Epoch(
      number: number, order: orders.stream(number).permutation(of: examples.count),
      stream: augmentation.stream(number))
    epoch = entered
    return entered
  }
}

/// The batches of an evaluation: the examples in order, without randomness.
package struct EvaluationBatches: Sendable {
  package let examples: Examples
  package let batchSize: Int
  private let assembler: any BatchSource

  package init(examples: Examples, assembler: any BatchSource, batchSize: Int) {
    precondition(batchSize > 0, "a batch holds images")
    self.examples = examples
    self.assembler = assembler
    self.batchSize = batchSize
  }

  package var count: Int { (examples.count + batchSize - 1) / batchSize }

  /// An empty batch of the right size.
  package func makeBatch() -> ImageBatch {
    ImageBatch(capacity: min(batchSize, examples.count), input: assembler.input)
  }

  /// Fills the `index`-th batch, from 0.
  ///
  /// - Throws: `DamagedImage` if an image cannot be decoded.
  package func fill(_ batch: inout ImageBatch, index: Int) throws {
    let first = index * batchSize
    try assembler.assemble(
      examples, first..<min(first + batchSize, examples.count), into: &batch)
  }
}
