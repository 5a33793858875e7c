import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

@Suite struct PackedDatasetTests {
  @Test func imagesAreFoundByClass() throws {
    try withTemporaryFolder { folder in
      let images = try packedNoise(in: folder, train: 4, test: 2)
      #expect(images.shape == Shape(channels: 3, height: 6, width: 8))
      #expect(images.classes == ["a", "b", "c"])
      #expect(images.count == 18)
      #expect(images.count(of: .train) == 12 && images.count(of: .test) == 6)
      // Training images first, by class: label · 1000 + number seeds the noise.
      var seeds: [Int] = []
      for label in 0..<3 { for number in 0..<4 { seeds.append(label * 1000 + number) } }
      for label in 0..<3 { for number in 4..<6 { seeds.append(label * 1000 + number) } }
      for (image, seed) in seeds.enumerated() {
        #expect(Array(images.pixels(of: image)) == noise(count: 6 * 8 * 3, seed: seed))
      }
    }
  }

  @Test func labelsFollowTheOrderOfTheClassList() throws {
    try withTemporaryFolder { folder in
      let images = try packedNoise(in: folder, train: 2, test: 1)
      let train = try images.examples(.train, classes: ["c", "a"])
      #expect(train.images == [0, 1, 4, 5] && train.labels == [1, 1, 0, 0])
      #expect(train.count == 4)
      let test = try images.examples(.test, classes: ["b"])
      #expect(test.images == [7] && test.labels == [0])
      #expect(try images.examples(.test, classes: []).count == 0)
    }
  }

  @Test func unknownClassesSuggestTheNearest() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder.appending("source"))
      let file = folder.appending("packed")
      _ = try dataset(at: folder.appending("source")).pack(into: file, threads: 1)
      let images = try PackedDataset(file)
      let unknown = try message { _ = try images.examples(.train, classes: ["dgo"]) }
      #expect(unknown.contains("no class 'dgo'") && unknown.contains("did you mean 'dog'?"))
      #expect(
        try message { _ = try images.examples(.train, classes: ["dog", "dog"]) }
          .contains("named twice"))
    }
  }

  @Test func aFileThatIsMissingIsNamed() throws {
    #expect(
      try message { _ = try PackedDataset("/no/such/packed") }
        .contains("cannot read '/no/such/packed'"))
  }

  // MARK: Damage

  /// Packs the small dataset, changes the file's bytes, and returns the error on opening it.
  private func complaint(
    sourceLocation: SourceLocation = #_sourceLocation, _ damage: (inout [UInt8]) -> Void
  ) throws -> String {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder.appending("source"))
      var bytes = try packedFile(dataset(at: folder.appending("source"))).bytes
      damage(&bytes)
      let file = folder.appending("packed")
      try LocalFileSystem().write(bytes, to: file)
      return try message(sourceLocation: sourceLocation) { _ = try PackedDataset(file) }
    }
  }

  @Test func everyDamagedNumberIsNoticed() throws {
    // Magic, version, extents, counts and offsets; then the two classes' counts and name lengths, which
    // are 20 bytes each, before a name of three letters.
    let numbers = Array(0..<60) + Array(60..<80) + Array(83..<103)
    for offset in numbers {
      for bit: UInt8 in [1, 0x80] {
        let message = try complaint { $0[offset] ^= bit }
        #expect(message.contains("is damaged"), "byte \(offset)")
      }
    }
  }

  @Test func whatIsDamagedIsSaid() throws {
    #expect(try complaint { $0 = [] }.contains("it is not a packed dataset"))
    #expect(try complaint { $0[0] = 0 }.contains("it is not a packed dataset"))
    #expect(try complaint { $0[8] = 3 }.contains("it has the unknown version 3"))
    #expect(try complaint { $0[12] = 4 }.contains("an impossible image size"))
    #expect(try complaint { $0.removeLast() }.contains("its length does not fit its header"))
    #expect(try complaint { $0.append(0) }.contains("its length does not fit its header"))
    #expect(try complaint { $0.removeLast($0.count - 70) }.contains("its header is cut off"))
    #expect(try complaint { $0[80] = 0xff }.contains("a class name is not UTF-8"))
    #expect(try complaint { $0[80] = UInt8(ascii: "e") }.contains("its classes are out of order"))
    // Labels begin at 128: the first multiple of 64 after the header's 106 bytes.
    #expect(try complaint { $0[128] = 1 }.contains("its labels are wrong"))
  }

  @Test func noDamageOfTheHeadEndsTheProgram() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder.appending("source"))
      let bytes = try packedFile(dataset(at: folder.appending("source"))).bytes
      let file = folder.appending("packed")
      let stream = RandomStream(seed: 3)
      for round in 0..<300 {
        var damaged = bytes
        for hit in 0..<4 {
          let place = stream.integer(below: 106, at: UInt64(round), lane: UInt64(2 * hit))
          let value = stream.integer(below: 256, at: UInt64(round), lane: UInt64(2 * hit + 1))
          damaged[place] = UInt8(value)
        }
        try? LocalFileSystem().remove(file)
        try LocalFileSystem().write(damaged, to: file)
        if let images = try? PackedDataset(file) {
          // Only names can differ unnoticed.
          #expect(images.count == 10 && images.shape.count == 144)
        }
      }
    }
  }
}
