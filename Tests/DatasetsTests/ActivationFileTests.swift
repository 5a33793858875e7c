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

  @Test func anExistingFileIsNotOverwritten() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending("activations")
      try write(2, to: path)
      #expect(throws: DiagnosticError.self) {
        _ = try ActivationFileWriter(path, images: 2, shape: shape)
      }
    }
  }
}
