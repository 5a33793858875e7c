import Kernels

/// Images that are computed together, and the worker and task that compute them.
package struct Block {
  package var images: Range<Int>
  /// The worker that computes them, for scratch memory.
  package var worker: Int
  /// The task of the block, counted over all rounds, which has its own gradient sums.
  package var part: Int
  package var isFirstOfPart: Bool
  /// The position of the task in its round.
  package var positionInRound: Int

  package init(
    images: Range<Int>, worker: Int, part: Int = 0, isFirstOfPart: Bool = true,
    positionInRound: Int = 0
  ) {
    self.images = images
    self.worker = worker
    self.part = part
    self.isFirstOfPart = isFirstOfPart
    self.positionInRound = positionInRound
  }

  /// The block's images one by one.
  var places: some Sequence<Place> {
    let (images, worker) = (images, worker)
    return images.lazy.map {
      Place(image: $0, worker: worker, slot: $0 - images.lowerBound)
    }
  }
}

/// The division of a batch for the backward pass: rounds run one after the other, the tasks of a round in parallel,
/// the blocks of a task one after the other.
///
/// It depends only on the number of images and on shapes, so that sums, computed in its order, do not depend on the
/// number of threads.
package struct BlockSchedule {
  private enum Division {
    /// One round of a few tasks, so many at most, each of several blocks.
    case chunks(most: Int)
    /// Tasks of one block each, so many to a round.
    case rounds(tasks: Int)
  }

  package let images: Int
  package let blockImages: Int
  private let division: Division

  /// The maximum number of tasks of a batch that is divided into chunks.
  package static let mostChunks = 16

  /// A few tasks of several blocks, for sums that are small enough to have many of.
  ///
  /// - Parameter most: tasks, `mostChunks` at most.
  package static func chunks(
    images: Int, blockImages: Int, most: Int = mostChunks
  ) -> BlockSchedule {
    BlockSchedule(
      images: images, blockImages: blockImages, division: .chunks(most: min(most, mostChunks)))
  }

  /// Rounds of `tasks` blocks, for large sums that all blocks share.
  package static func rounds(images: Int, blockImages: Int, tasks: Int) -> BlockSchedule {
    BlockSchedule(images: images, blockImages: blockImages, division: .rounds(tasks: tasks))
  }

  /// The number of tasks in all rounds.
  package var parts: Int {
    switch division {
    case .chunks(let most): min(images, most)
    case .rounds: (images + blockImages - 1) / blockImages
    }
  }

  package var rounds: Int {
    switch division {
    case .chunks: 1
    case .rounds(let tasks): (parts + tasks - 1) / tasks
    }
  }

  /// The parts that are tasks of a round.
  package func parts(ofRound round: Int) -> Range<Int> {
    switch division {
    case .chunks: 0..<parts
    case .rounds(let tasks): round * tasks..<min((round + 1) * tasks, parts)
    }
  }

  package func images(ofPart part: Int) -> Range<Int> {
    switch division {
    case .chunks: part * images / parts..<(part + 1) * images / parts
    case .rounds: part * blockImages..<min((part + 1) * blockImages, images)
    }
  }

  /// Runs `body` for all blocks of a round.
  package func run(
    round: Int, on pool: ThreadPool, _ body: (Block) -> Void
  ) {
    let tasks = parts(ofRound: round)
    pool.run(tasks.count) { task, worker in
      let part = tasks.lowerBound + task
      let all = images(ofPart: part)
      for first in stride(from: all.lowerBound, to: all.upperBound, by: blockImages) {
        body(
          Block(
            images: first..<min(first + blockImages, all.upperBound), worker: worker, part: part,
            isFirstOfPart: first == all.lowerBound, positionInRound: task))
      }
    }
  }
}
