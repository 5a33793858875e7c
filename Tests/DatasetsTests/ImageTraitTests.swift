import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Information in image files beyond their pixels: counted, and treated as documented in `grammar/datasets.md`.
@Suite struct ImageTraitTests {
  private let pixels = noise(count: 4 * 6 * 3, seed: 5)

  private func traits(
    _ files: [[UInt8]], _ orientation: DatasetDefinition.Orientation = .apply
  ) throws -> [ImageTrait: Int] {
    try withTemporaryFolder { folder in
      var all = ["test/a/1": try png(pixels, height: 4, width: 6)]
      for (number, file) in files.enumerated() { all["train/a/\(number)"] = file }
      try writeFiles(all, to: folder)
      var definition = dataset(at: folder)
      definition.size = .init(height: 4, width: 6)
      definition.orientation = orientation
      return try packedFile(definition).summary.traits
    }
  }

  @Test(arguments: [true, false]) func orientationIsCounted(littleEndian: Bool) throws {
    let upright = try jpeg(gradient(height: 16, width: 24), height: 16, width: 24)
    func turned(_ orientation: UInt8) -> [UInt8] {
      jpeg(
        upright, adding: 0xe1,
        Array("Exif\0\0".utf8) + exif(orientation: orientation, littleEndian: littleEndian))
    }
    #expect(try traits([upright, turned(1)]).isEmpty)
    #expect(try traits([turned(3), turned(6), upright]) == [.turned: 2])
    #expect(try traits([turned(3), turned(6), upright], .ignore) == [.orientation: 2])
    let file = try png(pixels, height: 4, width: 6)
    let turnedPNG = png(
      file, adding: chunk("eXIf", exif(orientation: 8, littleEndian: littleEndian)))
    #expect(try traits([turnedPNG]) == [.turned: 1])
    #expect(try traits([turnedPNG], .ignore) == [.orientation: 1])
  }

  /// Invalid blocks are treated like missing ones.
  @Test func brokenBlocksHaveNoOrientation() throws {
    let upright = try jpeg(gradient(height: 16, width: 24), height: 16, width: 24)
    let block = Array("Exif\0\0".utf8) + exif(orientation: 6, littleEndian: true)
    for length in 0..<block.count - 3 {
      #expect(try traits([jpeg(upright, adding: 0xe1, Array(block.prefix(length)))]).isEmpty)
    }
    for place in 6..<block.count {
      var broken = block
      broken[place] ^= 0xff
      _ = try traits([jpeg(upright, adding: 0xe1, broken)])
    }
  }

  @Test func transparencyIsCountedWhereItShows() throws {
    let opaque = try png(
      [200, 100, 0, 255], height: 1, width: 1, kind: .colorWithOpacity)
    let clear = try png([200, 100, 0, 7], height: 1, width: 1, kind: .colorWithOpacity)
    let palette = try png(
      [1], height: 1, width: 1, kind: .palette([10, 20, 30, 255, 9, 9, 9, 0]))
    #expect(try traits([opaque, clear, palette]) == [.transparency: 2])
  }

  @Test func aGammaOfItsOwnIsConvertedAndCounted() throws {
    let file = try png([100, 100, 100], height: 1, width: 1)
    // libpng writes that the file is sRGB; conflicting information overrides it.
    let plain = deepPNG([100 << 8, 100 << 8, 100 << 8], height: 1, width: 1)
    func gamma(_ value: UInt32) -> [UInt8] { png(plain, adding: chunk("gAMA", bigEndian(value))) }
    #expect(try traits([file]).isEmpty)
    #expect(try traits([gamma(45_455)]) == [.deep: 1])
    #expect(try traits([gamma(100_000)]) == [.deep: 1, .gamma: 1])
    // Linear light of 100/255 is 167 in sRGB.
    #expect(try abs(Int(packed(gamma(100_000)).pixels[0]) - 167) <= 2)
    #expect(try packed(gamma(45_455)).pixels[0] == 100)
  }

  @Test func inksAndDeepSamplesAreCounted() throws {
    let inks = try cmykJPEG(
      [[UInt8]](repeating: [250, 120, 30, 204], count: 64).flatMap { $0 }, height: 8, width: 8)
    let deep = deepPNG([0, 1, 2], height: 1, width: 1)
    #expect(try traits([inks, deep, deep]) == [.cmyk: 1, .deep: 2])
  }

  @Test func countsSurviveAnInterruption() throws {
    try withTemporaryFolder { folder in
      var files: [String: [UInt8]] = [:]
      let deep = deepPNG([0, 1, 2], height: 1, width: 1)
      for number in 0..<1100 {
        files["\(number % 3 == 0 ? "test" : "train")/a/\(number)"] = deep
      }
      files["train/a/broken"] = []
      try writeFiles(files, to: folder.appending("source"))
      var definition = dataset(at: folder.appending("source"))
      definition.unreadable = .skip
      let file = folder.appending("packed")
      let done = Guarded(0)
      #expect(throws: Interrupted.self) {
        try definition.pack(
          into: file, threads: 2, time: TickingTimeSource(step: 1),
          progress: { completed, _ in done.withLock { $0 = completed } },
          unless: StopCheck { done.withLock { $0 >= 500 } })
      }
      let summary = try definition.pack(into: file, threads: 2).summary
      #expect(summary.traits == [.deep: 1100])
      #expect(summary.skipped == ["train/a/broken"] && summary.reasons == ["it is empty"])
    }
  }

  @Test func everyRemarkSaysHowMany() {
    for trait in ImageTrait.allCases {
      #expect(trait.remark(1).hasPrefix("1 image ") && trait.remark(7).hasPrefix("7 images "))
      #expect(ImageTrait.counts(ImageTrait.value(of: [trait: 3])) == [trait: 3])
    }
    #expect(ImageTrait.counts(["other": 1]) == nil && ImageTrait.counts(["gamma": -1]) == nil)
  }
}
