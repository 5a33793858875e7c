import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

@Suite struct MeanImageTests {
  @Test(arguments: [1, 3]) func theMeanImageEqualsItsNaiveTwin(channels: Int) throws {
    try withTemporaryFolder { folder in
      let images = try packedNoise(in: folder, train: 5, channels: channels)
      let members = try images.examples(.train, classes: ["c", "a"]).images
      let mean = try MeanImage(.image, of: members, in: images)
      #expect(mean.shape == images.shape)
      for index in 0..<images.shape.count {
        let sum = members.reduce(0) { $0 + Int(images.pixels(of: $1)[index]) }
        #expect(mean.values[index] == Float(Double(sum) / Double(members.count)))
      }
    }
  }

  @Test(arguments: [1, 3]) func theMeanColorIsTheSameEverywhere(channels: Int) throws {
    try withTemporaryFolder { folder in
      let images = try packedNoise(in: folder, train: 5, channels: channels)
      let members = try images.examples(.train, classes: ["b"]).images
      let mean = try MeanImage(.color, of: members, in: images)
      for channel in 0..<channels {
        var sum = 0
        var count = 0
        for image in members {
          for index in stride(from: channel, to: images.shape.count, by: channels) {
            sum += Int(images.pixels(of: image)[index])
            count += 1
          }
        }
        let expected = Float(Double(sum) / Double(count))
        for index in stride(from: channel, to: images.shape.count, by: channels) {
          #expect(mean.values[index] == expected)
        }
      }
    }
  }

  @Test func theOrderOfImagesDoesNotMatter() throws {
    try withTemporaryFolder { folder in
      let images = try packedNoise(in: folder)
      for kind in Normalization.Mean.allCases {
        let forward = try MeanImage(kind, of: Array(0..<12), in: images)
        #expect(try MeanImage(kind, of: (0..<12).reversed(), in: images) == forward)
      }
    }
  }

  @Test func noMeanIsZero() throws {
    try withTemporaryFolder { folder in
      let images = try packedNoise(in: folder)
      #expect(try MeanImage(.none, of: [0, 1], in: images).values.allSatisfy { $0 == 0 })
      #expect(try MeanImage(.image, of: [], in: images).values.allSatisfy { $0 == 0 })
    }
  }
}
