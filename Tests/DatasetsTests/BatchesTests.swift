import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Batches of a small dataset: 21 training images, 8 per batch.
func withTrainingBatches(
  batchSize: Int = 8, seed: UInt64 = 1,
  _ body: (TrainingBatches, BatchAssembler, Examples) throws -> Void
) throws {
  try withTemporaryFolder { folder in
    let images = try packedNoise(in: folder, train: 7)
    let examples = try images.examples(.train, classes: images.classes)
    let assembler = try BatchAssembler(
      dataset: images, mean: try MeanImage(.image, of: examples.images, in: images),
      preprocessing: Preprocessing(augmentation: [Mirror(), RandomCrop(), Padding(1)]),
      input: Shape(channels: 3, height: 6, width: 6))
    let batches = TrainingBatches(
      examples: examples, assembler: assembler, batchSize: batchSize,
      stream: RandomStream(seed: seed))
    try body(batches, assembler, examples)
  }
}

@Suite struct TrainingBatchesTests {
  @Test func everyEpochShowsEveryExampleOnce() throws {
    try withTrainingBatches { batches, _, examples in
      var batches = batches
      #expect(batches.batchesPerEpoch == 3)
      var orders: Set<[Int]> = []
      for epoch in 0..<4 {
        let members = (0..<3).map { Array(batches.members(iteration: 3 * epoch + $0)) }
        #expect(members.map(\.count) == [8, 8, 5])
        let order = members.flatMap { $0 }
        #expect(order.sorted() == Array(0..<examples.count))
        orders.insert(order)
      }
      #expect(orders.count == 4)
    }
  }

  @Test func aBatchHoldsItsMembers() throws {
    try withTrainingBatches { batches, _, examples in
      var batches = batches
      var batch = batches.makeBatch()
      for iteration in [0, 1, 2, 5, 3] {
        try batches.fill(&batch, iteration: iteration)
        let members = batches.members(iteration: iteration)
        #expect(batch.count == members.count)
        #expect(Array(batch.labels.prefix(batch.count)) == members.map { examples.labels[$0] })
      }
    }
  }

  @Test func trainingCanGoOnAnywhere() throws {
    try withTrainingBatches { batches, _, _ in
      var steady = batches
      var expected = steady.makeBatch()
      for iteration in 0..<10 {
        try steady.fill(&expected, iteration: iteration)
        var fresh = batches
        var batch = fresh.makeBatch()
        try fresh.fill(&batch, iteration: iteration)
        let length = batch.count * 6 * 6 * 3
        #expect(batch.count == expected.count)
        #expect(batch.images.prefix(length) == expected.images.prefix(length))
        #expect(batch.labels.prefix(batch.count) == expected.labels.prefix(batch.count))
      }
    }
  }

  @Test func anotherSeedGivesAnotherOrder() throws {
    try withTrainingBatches(seed: 1) { one, _, _ in
      try withTrainingBatches(seed: 2) { two, _, _ in
        var one = one
        var two = two
        #expect(one.members(iteration: 0) != two.members(iteration: 0))
      }
    }
  }

  @Test func aBatchIsNeverLargerThanTheTask() throws {
    try withTrainingBatches(batchSize: 100) { batches, _, examples in
      #expect(batches.batchesPerEpoch == 1)
      #expect(batches.makeBatch().capacity == examples.count)
    }
  }
}

@Suite struct EvaluationBatchesTests {
  @Test(arguments: [1, 4, 7, 21, 50]) func allExamplesComeInOrder(batchSize: Int) throws {
    try withTrainingBatches { _, assembler, examples in
      let batches = EvaluationBatches(
        examples: examples, assembler: assembler, batchSize: batchSize)
      var batch = batches.makeBatch()
      var labels: [Int32] = []
      var images: [Float] = []
      for index in 0..<batches.count {
        try batches.fill(&batch, index: index)
        labels += batch.labels.prefix(batch.count)
        images += batch.images.prefix(batch.count * assembler.input.count)
      }
      var whole = ImageBatch(capacity: examples.count, input: assembler.input)
      try assembler.assemble(examples, 0..<examples.count, into: &whole)
      #expect(labels == examples.labels)
      #expect(images == whole.images)
    }
  }
}

@Suite struct BatchPrefetcherTests {
  @Test(arguments: [0..<9, 4..<11]) func batchesAreThoseOfPlainAssembly(iterations: Range<Int>)
    throws
  {
    try withTrainingBatches { batches, _, _ in
      var plain = batches
      var expected = plain.makeBatch()
      let prefetcher = try BatchPrefetcher(batches, iterations: iterations)
      var batch = batches.makeBatch()
      for iteration in iterations {
        try plain.fill(&expected, iteration: iteration)
        try prefetcher.next(&batch)
        let length = expected.count * 6 * 6 * 3
        #expect(batch.count == expected.count)
        #expect(batch.images.prefix(length) == expected.images.prefix(length))
        #expect(batch.labels.prefix(batch.count) == expected.labels.prefix(batch.count))
      }
    }
  }

  // These end only if the thread is stopped: releasing a prefetcher joins it.

  @Test(arguments: 0..<6) func aPrefetcherCanBeDroppedEarly(taken: Int) throws {
    try withTrainingBatches { batches, _, _ in
      for _ in 0..<10 {
        let prefetcher = try BatchPrefetcher(batches, iterations: 0..<1_000_000_000)
        var batch = batches.makeBatch()
        for _ in 0..<taken { try prefetcher.next(&batch) }
        #expect(batch.count == (taken == 0 ? 0 : taken % 3 == 0 ? 5 : 8))
      }
    }
  }

  /// The thread's objects are released with the prefetcher, so it has ended.
  @Test(arguments: [3..<3, 3..<1_000_000_000])
  func aPrefetcherThatIsDroppedLeavesNoThread(iterations: Range<Int>) throws {
    for _ in 0..<10 {
      weak var source: EmptySource?
      func prefetch() throws {
        let made = EmptySource()
        source = made
        let batches = TrainingBatches(
          examples: Examples(images: [0], labels: [0]), assembler: made, batchSize: 1,
          stream: RandomStream(seed: 1))
        let prefetcher = try BatchPrefetcher(batches, iterations: iterations)
        withExtendedLifetime(prefetcher) { #expect(source != nil) }
      }
      try prefetch()
      #expect(source == nil)
    }
  }
}

/// Makes empty batches.
private final class EmptySource: BatchSource {
  let input = Shape(units: 1)

  func assemble(_ examples: Examples, _ range: Range<Int>, into batch: inout ImageBatch) {}

  func assemble(
    _ examples: Examples, order: [Int], _ range: Range<Int>, stream: RandomStream,
    into batch: inout ImageBatch
  ) {}
}
