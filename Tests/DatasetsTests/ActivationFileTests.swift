import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

@Suite struct ActivationFileTests {
  private let shape = Shape(channels: 2, height: 1, width: 3)

  private func write(_ images: Int, to path: FilePath) throws {
    let writer = try ActivationFileWriter(path, images: images, shape: shape)
    let values = (0..<images * shape.count).map(Float.init)
    try writer.append(Array(values.prefix(shape.count)))
    try writer.append(Array(values.dropFirst(shape.count)))
    try writer.finish()
  }

  @Test func batchesHoldTheActivationsOfTheirImages() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("activations")
      try write(3, to: path)
      let file = try #require(try ActivationFile(path, images: 3, shape: shape))
      #expect(try file.isWhole())
      let kept = KeptActivations(file, of: [4, 9, 11])
      #expect(kept.input == shape)
      let examples = Examples(images: [11, 4, 9], labels: [2, 0, 1])
      var batch = ImageBatch(capacity: 3, input: shape)
      kept.assemble(examples, 1..<3, into: &batch)
      #expect(batch.count == 2)
      #expect(Array(batch.labels.prefix(2)) == [0, 1])
      #expect(Array(batch.images.prefix(12)) == (0..<12).map(Float.init))
      kept.assemble(
        examples, order: [2, 1, 0], 2..<3, stream: RandomStream(seed: 1), into: &batch)
      #expect(batch.count == 1 && batch.labels[0] == 2)
      #expect(Array(batch.images.prefix(6)) == (12..<18).map(Float.init))
    }
  }

  @Test func filesOfOtherContentAreNotTaken() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("activations")
      try write(3, to: path)
      #expect(try ActivationFile(path, images: 2, shape: shape) == nil)
      #expect(
        try ActivationFile(path, images: 3, shape: Shape(channels: 7, height: 1, width: 1)) == nil)
      var bytes = try LocalFileSystem().read(path)
      bytes[70] ^= 1
      let altered = folder.appending("altered")
      try LocalFileSystem().write(bytes, to: altered)
      #expect(try ActivationFile(altered, images: 3, shape: shape)?.isWhole() == false)
      try LocalFileSystem().write(Array(bytes.dropLast()), to: altered)
      #expect(try ActivationFile(altered, images: 3, shape: shape) == nil)
      try LocalFileSystem().write([], to: altered)
      #expect(try ActivationFile(altered, images: 0, shape: shape) == nil)
    }
  }

  @Test func writingGoesOnWhereItWasCutShort() throws {
    try withTemporaryFolder { folder in
      let whole = folder.appending("whole")
      try write(5, to: whole)
      let values = (0..<5 * shape.count).map(Float.init)
      func image(_ number: Int) -> [Float] {
        Array(values[number * shape.count..<(number + 1) * shape.count])
      }
      let damages: [(FilePath, FilePath) throws -> Int] = [
        { _, _ in 2 },
        { file, _ in
          try change(file) { $0[80] ^= 1 }
          return 0
        },
        { file, _ in
          try change(file) { $0.removeLast($0.count - 100) }
          return 0
        },
        { _, bookmark in
          try change(bookmark) { $0 = Array("{\"images\":9}".utf8) }
          return 0
        },
        { _, bookmark in
          try LocalFileSystem().remove(bookmark)
          return 0
        },
      ]
      for (number, damage) in damages.enumerated() {
        let path = folder.appending("\(number)")
        do {
          let writer = try ActivationFileWriter(path, images: 5, shape: shape)
          try writer.append(image(0) + image(1))
          try writer.keep()
          // Later data may or may not be on disk.
          try writer.append(image(2))
        }
        let expected = try damage(path, FilePath(path.string + ".bookmark"))
        let writer = try ActivationFileWriter(path, images: 5, shape: shape)
        #expect(writer.written == expected, "damage \(number)")
        for number in writer.written..<5 { try writer.append(image(number)) }
        try writer.finish()
        #expect(try LocalFileSystem().read(path) == LocalFileSystem().read(whole))
        #expect(try LocalFileSystem().names(in: folder).count { $0.hasSuffix("bookmark") } == 0)
      }
    }
  }

  @Test func bookmarksAreMadeInTime() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("activations")
      let one = [Float](repeating: 1, count: shape.count)
      do {
        // The clock advances by a second each time it is read.
        let writer = try ActivationFileWriter(
          path, images: 9, shape: shape, interval: 3, time: TickingTimeSource(step: 1))
        for _ in 0..<7 { try writer.append(one) }
      }
      let written = try ActivationFileWriter(path, images: 9, shape: shape).written
      #expect((4...6).contains(written))
    }
  }

  private func change(_ path: FilePath, _ body: (inout [UInt8]) -> Void) throws {
    var bytes = try LocalFileSystem().read(path)
    body(&bytes)
    try LocalFileSystem().write(bytes, to: path)
  }
}
