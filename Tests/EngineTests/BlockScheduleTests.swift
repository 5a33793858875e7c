import Engine
import Kernels
import Testing

@Suite struct BlockScheduleTests {
  static let schedules = [1, 5, 16, 33].flatMap { images in
    [
      BlockSchedule.chunks(images: images, blockImages: 1),
      .chunks(images: images, blockImages: 2), .rounds(images: images, blockImages: 4, tasks: 3),
      .rounds(images: images, blockImages: 1, tasks: 4),
    ]
  }

  @Test func blocksCoverEachImageOnceInOrder() {
    for schedule in BlockScheduleTests.schedules {
      var images: [Int] = []
      var parts: [Int] = []
      for round in 0..<schedule.rounds {
        schedule.run(round: round, on: ThreadPool(threads: 1, processors: 1)) { block in
          #expect(1...schedule.blockImages ~= block.images.count)
          if block.isFirstOfPart { parts.append(block.part) }
          images += block.images
        }
      }
      #expect(images == Array(0..<schedule.images))
      #expect(parts == Array(0..<schedule.parts))
    }
  }

  @Test func chunksAreOneRoundOfAFewParts() {
    let schedule = BlockSchedule.chunks(images: 100, blockImages: 3)
    #expect(schedule.rounds == 1)
    #expect(schedule.parts == BlockSchedule.mostChunks)
  }
}
