import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Packed files whose images are stored as JPEG and decoded whenever they are used.
@Suite struct EncodedStorageTests {
  /// Photograph-like images, so that encoding changes them little.
  private func files(count: Int = 5, height: Int = 24, width: Int = 40) throws -> [String: [UInt8]]
  {
    var files: [String: [UInt8]] = [:]
    for (label, name) in ["cat", "dog"].enumerated() {
      for number in 0..<count {
        let subset = number < count * 3 / 5 ? "train" : "test"
        files["\(subset)/\(name)/\(number).png"] = try png(
          gradient(height: height, width: width, seed: label * 10 + number), height: height,
          width: width)
      }
    }
    return files
  }

  private func packed(
    _ definition: DatasetDefinition, in folder: FilePath, threads: Int = 2, named name: String
  ) throws -> PackedDataset {
    let file = folder.appending(name)
    _ = try definition.pack(into: file, threads: threads)
    return try PackedDataset(file)
  }

  private func encoded(_ quality: Int, _ definition: DatasetDefinition) -> DatasetDefinition {
    var encoded = definition
    encoded.storage = .jpeg(quality: quality)
    return encoded
  }

  @Test(arguments: [1, 3]) func theyAreNearlyTheSamePixelsInLessSpace(channels: Int) throws {
    try withTemporaryFolder { folder in
      try writeFiles(files(), to: folder.appending("source"))
      var plain = dataset(at: folder.appending("source"))
      plain.channels = channels
      plain.size = .init(height: 32, width: 32)
      let exact = try packed(plain, in: folder, named: "pixels")
      let close = try packed(encoded(95, plain), in: folder, named: "jpeg")
      #expect(close.shape == exact.shape && close.classes == exact.classes)
      #expect(close.count == exact.count && close.isEncoded && !exact.isEncoded)
      for image in 0..<exact.count {
        let pairs = zip(exact.pixels(of: image), close.pixels(of: image))
        let error = pairs.reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        #expect(Double(error) / Double(exact.shape.count) < 6, "image \(image)")
      }
      #expect(
        try close.examples(.test, classes: ["dog"]) == exact.examples(.test, classes: ["dog"]))
      #expect(
        try LocalFileSystem().read(folder.appending("jpeg")).count
          < LocalFileSystem().read(folder.appending("pixels")).count)
    }
  }

  @Test func theFileDoesNotDependOnThreadsOrTheOrderOfTheSource() throws {
    try withTemporaryFolder { folder in
      var all = try files(count: 20)
      all["train/cat/broken"] = [1, 2, 3]
      let archive = folder.appending("d.tar")
      try writeArchive(members(all).reversed(), to: archive, kind: .tar)
      try writeFiles(all, to: folder.appending("source"))
      var contents: Set<[UInt8]> = []
      for (path, threads) in [(archive, 1), (folder.appending("source"), 3)] {
        var definition = encoded(80, dataset(at: path))
        definition.unreadable = .skip
        contents.insert(try packedFile(definition, threads: threads).bytes)
      }
      // Without a broken image, the bytes are those of a dataset that never had one.
      try LocalFileSystem().remove(folder.pushing("source/train/cat/broken"))
      contents.insert(try packedFile(encoded(80, dataset(at: folder.appending("source")))).bytes)
      #expect(contents.count == 1)
    }
  }

  @Test func batchesAndMeansAreThoseOfTheDecodedPixels() throws {
    try withTemporaryFolder { folder in
      try writeFiles(files(count: 20), to: folder.appending("source"))
      let images = try packed(
        encoded(85, dataset(at: folder.appending("source"))), in: folder, named: "jpeg")
      let examples = try images.examples(.train, classes: images.classes)
      let mean = try MeanImage(.image, of: examples.images, in: images, threads: 3)
      let sums = examples.images.reduce(into: [Int](repeating: 0, count: images.shape.count)) {
        for (index, value) in images.pixels(of: $1).enumerated() { $0[index] += Int(value) }
      }
      #expect(mean.values == sums.map { Float(Double($0) / Double(examples.count)) })

      let input = Shape(channels: 3, height: 20, width: 20)
      let preprocessing = Preprocessing(
        .centered(.image, scale: 1), augmentation: [RandomCrop(), Mirror()])
      var batches: [[Float]] = []
      for threads in [1, 3, 64] {
        let assembler = try BatchAssembler(
          dataset: images, mean: mean, preprocessing: preprocessing, input: input, threads: threads)
        var batch = ImageBatch(capacity: 13, input: input)
        try assembler.assemble(
          examples, order: Array((0..<examples.count).reversed()), 3..<16,
          stream: RandomStream(seed: 5), into: &batch)
        batches.append(batch.images)
        #expect(batch.labels == (3..<16).map { examples.labels[examples.count - 1 - $0] })
      }
      #expect(batches[0] == batches[1] && batches[0] == batches[2])
      // The centre of an image, without random steps.
      let plain = try BatchAssembler(
        dataset: images, mean: try MeanImage(.none, of: [], in: images),
        preprocessing: Preprocessing(.centered(.none, scale: 1)), input: input, threads: 2)
      var batch = ImageBatch(capacity: 4, input: input)
      try plain.assemble(examples, 2..<6, into: &batch)
      for row in 0..<4 {
        let pixels = images.pixels(of: examples.images[2 + row])
        for y in 0..<20 {
          for x in 0..<60 {
            #expect(
              batch.images[row * 1200 + y * 60 + x] == Float(pixels[((y + 2) * 40 + 10) * 3 + x]))
          }
        }
      }
    }
  }

  @Test func largePhotographsAreDecodedAtAReducedSize() throws {
    try withTemporaryFolder { folder in
      let large = try jpeg(gradient(height: 400, width: 640), height: 400, width: 640)
      let source = folder.appending("source")
      try writeFiles(["train/a/x.jpg": large, "test/a/x.jpg": large], to: source)
      var plain = dataset(at: source)
      plain.size = .init(height: 50, width: 50)
      let exact = try packed(plain, in: folder, named: "pixels")
      let reduced = try packed(encoded(100, plain), in: folder, named: "jpeg")
      let error = zip(exact.pixels(of: 0), reduced.pixels(of: 0))
        .reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
      #expect(Double(error) / Double(exact.shape.count) < 4)
    }
  }

  @Test func theQualityDecidesTheBytes() throws {
    try withTemporaryFolder { folder in
      try writeFiles(files(), to: folder.appending("source"))
      let plain = dataset(at: folder.appending("source"))
      let sizes = try [30, 60, 90].map { try packedFile(encoded($0, plain)).bytes.count }
      #expect(sizes[0] < sizes[1] && sizes[1] < sizes[2])
    }
  }

  // MARK: Damage

  /// Packs two classes, changes the file's bytes, and returns the error on opening it.
  private func complaint(_ damage: (inout [UInt8]) -> Void) throws -> String {
    try withTemporaryFolder { folder in
      try writeFiles(files(), to: folder.appending("source"))
      var bytes = try packedFile(encoded(90, dataset(at: folder.appending("source")))).bytes
      damage(&bytes)
      let file = folder.appending("packed")
      try LocalFileSystem().write(bytes, to: file)
      return try message { _ = try PackedDataset(file) }
    }
  }

  /// Where the index begins: after the header of two classes, and ten labels.
  private let index = 192

  @Test func everyDamagedNumberIsNoticed() throws {
    // The header up to the classes, without what an index of lengths cannot contradict: height and width, which
    // are compared with every image, and the quality, which decides nothing. Then counts and lengths of names.
    let numbers = Array(0..<16) + Array(24..<60) + Array(68..<76) + Array(76..<96) + Array(99..<119)
    // Small changes of where an image begins are found by the digest of the file alone.
    let offsets = (index..<index + 8 * 11).filter { ($0 - index) % 8 > 0 }
    for offset in numbers + offsets {
      for bit: UInt8 in [0x80] + (offset < index ? [1] : []) {
        let message = try complaint { $0[offset] ^= bit }
        #expect(message.contains("is damaged"), "byte \(offset)")
      }
    }
    #expect(try complaint { $0[60] = 0 }.contains("an impossible quality"))
    #expect(try complaint { $0.removeLast() }.contains("its length does not fit its header"))
    #expect(try complaint { $0.append(0) }.contains("its length does not fit its header"))
    // An empty image.
    #expect(
      try complaint { for byte in 0..<8 { $0[index + 8 + byte] = 0 } }
        .contains("its length does not fit its header"))
  }

  @Test func imagesOfAnotherSizeThanTheFileSaysAreDamaged() throws {
    try withTemporaryFolder { folder in
      try writeFiles(files(), to: folder.appending("source"))
      var bytes = try packedFile(encoded(90, dataset(at: folder.appending("source")))).bytes
      bytes[16] += 1
      let file = folder.appending("packed")
      try LocalFileSystem().write(bytes, to: file)
      let reader = try PackedDataset.Reader(PackedDataset(file))
      let damaged = #expect(throws: DamagedImage.self) { try reader.withPixels(of: 3) { _ in } }
      #expect(damaged?.reason == "it has another size than the others")
    }
  }

  @Test func damagedImagesAreNamedWhenTheyAreUsed() throws {
    try withTemporaryFolder { folder in
      try writeFiles(files(), to: folder.appending("source"))
      let whole = try packedFile(encoded(90, dataset(at: folder.appending("source")))).bytes
      let file = folder.appending("packed")
      // The start of the first image, its size, and the middle of its data.
      for (offset, value) in [(4096, UInt8(0)), (4096 + 2, 0), (4096 + 163, 9)] {
        var bytes = whole
        bytes[offset] = value
        try LocalFileSystem().write(bytes, to: file)
        let images = try PackedDataset(file)
        let reader = PackedDataset.Reader(images)
        let damaged = #expect(throws: DamagedImage.self) { try reader.withPixels(of: 0) { _ in } }
        #expect(damaged?.image == 0)
        #expect(
          "\(try #require(damaged))".hasPrefix("image 0 of the packed dataset cannot be decoded: "))
        try reader.withPixels(of: 1) { #expect($0.count == images.shape.count) }
        #expect(throws: DamagedImage.self) { try MeanImage(.color, of: [1, 0, 2], in: images) }
        let examples = try images.examples(.train, classes: images.classes)
        let assembler = try BatchAssembler(
          dataset: images, mean: MeanImage(.none, of: [], in: images),
          preprocessing: Preprocessing(), input: images.shape, threads: 2)
        let prefetcher = try BatchPrefetcher(
          TrainingBatches(
            examples: examples, assembler: assembler, batchSize: 6, stream: RandomStream(seed: 1)),
          iterations: 0..<100)
        var batch = ImageBatch(capacity: 6, input: images.shape)
        #expect(throws: DamagedImage.self) { try prefetcher.next(&batch) }
      }
    }
  }
}
