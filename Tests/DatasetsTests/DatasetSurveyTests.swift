import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// What a dataset contains, compared with counting by hand.
@Suite struct DatasetSurveyTests {
  private func survey(
    _ definition: DatasetDefinition, threads: Int = 2, packed: PackedImages? = nil,
    hasFiles: Bool = true
  ) throws -> DatasetSurvey {
    try definition.survey(packed: packed, hasFiles: hasFiles, threads: threads).survey
  }

  private func withPacked<Result>(
    _ definition: DatasetDefinition, _ body: (PackedImages) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let file = folder.appending("packed")
      let summary = try definition.pack(into: file, threads: 2).summary
      return try body(PackedImages(try PackedDataset(file), summary))
    }
  }

  /// Images of 2×2 pixels: two of them equal and in both subsets, two equal in both classes.
  private func files() throws -> (files: [String: [UInt8]], training: [[UInt8]]) {
    let one = noise(count: 12, seed: 1), two = noise(count: 12, seed: 2)
    let three = noise(count: 12, seed: 3), four = noise(count: 12, seed: 4)
    let flat: [UInt8] = [9, 8, 7, 9, 8, 7, 9, 8, 7, 9, 8, 7]
    func file(_ pixels: [UInt8]) throws -> [UInt8] { try png(pixels, height: 2, width: 2) }
    return (
      [
        "train/ant/1.png": try file(one), "train/ant/2.png": try file(two),
        "train/bee/1.png": try file(two), "train/bee/2.png": try file(flat),
        "test/ant/1.png": try file(three), "test/ant/2.png": try file(four),
        "test/bee/1.png": try file(one), "train/bee/readme.txt": Array("x".utf8),
      ], [one, two, two, flat]
    )
  }

  @Test(arguments: [true, false]) func everythingIsFound(isFolder: Bool) throws {
    try withTemporaryFolder { folder in
      let (files, training) = try files()
      let path = folder.appending("data")
      if isFolder {
        try writeFiles(files, to: path)
      } else {
        try writeArchive(members(files), to: path, kind: .zip)
      }
      let found = try survey(dataset(at: path))
      #expect(
        found.classes == [
          .init(name: "ant", train: 2, validation: 0, test: 2),
          .init(name: "bee", train: 2, validation: 0, test: 1),
        ])
      #expect(found.pixels == .decoded && found.packedSize == .init(height: 2, width: 2))
      #expect(found.sizes?.entries.map(\.count) == [7])
      #expect(found.duplicates.testInTraining == 1 && found.duplicates.contradictory == 2)
      #expect(found.duplicates.repeatedInTraining == 1 && found.duplicates.repeatedInTest == 0)
      #expect(
        found.duplicates.groups.map(\.files) == [
          ["train/ant/1.png", "test/bee/1.png"], ["train/ant/2.png", "train/bee/1.png"],
        ])
      #expect(found.unusual.map(\.kind) == [.uniform])
      #expect(found.unusual.first?.files.first == [.init("train/bee/2.png")])
      #expect(found.passedOver.first == [.init("train/bee/readme.txt")])
      expectStatistics(found.statistics, of: training)
      // The same with other threads, and from the packed images.
      #expect(try survey(dataset(at: path), threads: 1) == found)
      try withPacked(dataset(at: path)) { packed in
        var same = try survey(dataset(at: path), packed: packed)
        #expect(same.pixels == .packed)
        same.pixels = .decoded
        #expect(same == found)
      }
    }
  }

  /// Computed pixel by pixel.
  private func expectStatistics(_ found: ChannelStatistics?, of images: [[UInt8]]) {
    for channel in 0..<3 {
      let values = images.flatMap { image in
        stride(from: channel, to: image.count, by: 3).map { Double(image[$0]) / 255 }
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      #expect(abs((found?.mean[channel] ?? -1) - mean) < 1e-12)
      #expect(abs((found?.deviation[channel] ?? -1) - variance.squareRoot()) < 1e-9)
    }
    #expect(found?.images == images.count)
  }

  @Test func whatIsPastedIsWhatIsMeasured() {
    let statistics = ChannelStatistics(
      mean: [0.48501, 0.45604, 0], deviation: [0.229, 0.22449, 0], images: 3)
    #expect(
      statistics.setting
        == "normalize: {mean: [0.4850, 0.4560, 0.0000], deviation: [0.2290, 0.2245, 0.0010]}")
  }

  @Test func heldOutImagesAreNotMeasured() throws {
    try withTemporaryFolder { folder in
      var files: [String: [UInt8]] = [:]
      for number in 0..<10 {
        let image = try png(noise(count: 12, seed: number), height: 2, width: 2)
        files["train/a/\(number).png"] = image
        if number < 2 { files["test/a/\(number).png"] = image }
      }
      files["train/a/x.png"] = []
      try writeFiles(files, to: folder)
      var definition = dataset(at: folder)
      definition.unreadable = .skip
      definition.holdOut = HoldOut(amount: .perClass(4), seed: 3)
      let found = try survey(definition)
      #expect(found.classes == [.init(name: "a", train: 6, validation: 4, test: 2)])
      let held = Set(HoldOut(amount: .perClass(4), seed: 3).choice(of: 10, class: "a"))
      expectStatistics(
        found.statistics,
        of: (0..<10).filter { !held.contains($0) }.map { noise(count: 12, seed: $0) })
      try withPacked(definition) { packed in
        let same = try survey(definition, packed: packed)
        #expect(same.statistics == found.statistics && same.classes == found.classes)
        #expect(same.unreadable.first == [.init("train/a/x.png", reason: "it is empty")])
      }
    }
  }

  @Test func filesThatDeserveALookAreListedWithTheirReasons() throws {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      let whole = try jpeg(noise(count: 24 * 40 * 3, seed: 9), height: 24, width: 40)
      files["train/cat/bad.jpg"] = Array(whole.prefix(whole.count / 2))
      files["test/dog/empty.jpg"] = []
      files["train/dog/deep.png"] = deepPNG(
        [0, 9000, 20_000, 30_000, 40_000, 50_000], height: 1, width: 2)
      files["train/dog/turned.png"] = png(
        try png(noise(count: 12, seed: 5), height: 1, width: 4),
        adding: chunk("eXIf", exif(orientation: 6, littleEndian: true)))
      try writeFiles(files, to: folder)
      let found = try survey(dataset(at: folder))
      #expect(found.unreadable.count == 2)
      #expect(
        found.unreadable.first.map(\.name) == ["train/cat/bad.jpg", "test/dog/empty.jpg"])
      #expect(found.unreadable.first.allSatisfy { $0.reason?.isEmpty == false })
      #expect(found.unusual.map(\.kind) == [.trait(.turned), .trait(.deep)])
      #expect(
        found.unusual.map(\.files.first) == [
          [.init("train/dog/turned.png")], [.init("train/dog/deep.png")],
        ])
      #expect(found.packedSize == nil)
      #expect(found.sizes?.entries.map(\.size.text) == ["6×8", "1×2", "4×1"])
      #expect(found.sizes?.height == .init(least: 1, median: 6, largest: 6))
      var resized = dataset(at: folder)
      resized.size = .init(height: 5, width: 5)
      let smaller = try survey(resized)
      #expect(smaller.packedSize == .init(height: 5, width: 5))
      #expect(smaller.unusual.last?.kind == .enlarged && smaller.unusual.last?.files.count == 2)
    }
  }

  @Test func withoutFilesThePackedImagesTell() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      let definition = dataset(at: folder)
      let there = try survey(definition)
      try withPacked(definition) { packed in
        let gone = try survey(
          DatasetDefinition(source: .path("/nowhere")), packed: packed, hasFiles: false)
        #expect(gone.sizes == nil && gone.classes == there.classes)
        #expect(gone.statistics == there.statistics)
      }
    }
  }

  @Test func itStopsWhenAsked() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      for asked in [1, 3, 8] {
        #expect(throws: Interrupted.self) {
          try dataset(at: folder).survey(threads: 1, unless: Countdown(asked).check)
        }
      }
    }
  }

  @Test func renderedImagesHaveASize() throws {
    let found = try survey(
      DatasetDefinition(source: .shapes(seed: 1, train: 2, test: 1)))
    #expect(found.classes.count == 10 && found.sizes?.entries.map(\.size.text) == ["32×32"])
    #expect(found.statistics?.images == 20)
  }

  // MARK: - The contact sheet

  private func sheet(
    _ definition: DatasetDefinition, packed: PackedImages? = nil, input: Shape?, in folder: FilePath
  ) throws -> ContactSheet {
    let size = SheetSize(pixels: 48, views: 2, of: 16)
    let found = try definition.survey(packed: packed, samples: size, threads: 1)
    return try found.samples.sheet(
      of: definition, size, input: input, color: [10, 20, 30], beside: folder.appending("x.svg"),
      threads: 1, memory: DecodingMemory(), unless: .never)
  }

  @Test func aSheetThatIsInterruptedLeavesNothingBehind() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder.appending("data"))
      var definition = dataset(at: folder.appending("data"))
      definition.storage = .jpeg(quality: 90)
      let size = SheetSize(pixels: 48, views: 2, of: 16)
      let samples = try definition.survey(packed: nil, samples: size, threads: 1).samples
      var interruptions = 0
      for asked in 1...12 {
        do {
          _ = try samples.sheet(
            of: definition, size, input: nil, color: [10, 20, 30],
            beside: folder.appending("x.svg"), threads: 1, memory: DecodingMemory(),
            unless: Countdown(asked).check)
        } catch is Interrupted {
          interruptions += 1
        }
        #expect(try LocalFileSystem().names(in: folder) == ["data"], "\(asked)")
      }
      #expect(interruptions > 2)
    }
  }

  @Test func theSheetShowsWhatTheNetworkReads() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder.appending("data"))
      var definition = dataset(at: folder.appending("data"))
      let plain = try sheet(definition, input: nil, in: folder)
      #expect(plain.rows.map(\.name) == ["cat", "dog"] && plain.classes == 2)
      #expect(plain.rows.allSatisfy { $0.augmented.isEmpty })
      // Whole images, as they are.
      #expect(
        plain.rows.map { $0.plain.map(\.pixels) }
          == [0, 1].map { label in
            (0..<3).map { gradient(height: 6, width: 8, seed: label * 10 + $0) }
          })
      // The temporary file is gone.
      #expect(try LocalFileSystem().names(in: folder) == ["data"])
      definition.preprocessing = Preprocessing(
        .fixed(mean: [0.5, 0.5, 0.5], deviation: [0.1, 0.2, 0.3]),
        augmentation: [Padding(5), RandomCrop(), Mirror(), Cutout(size: 4)])
      let input = Shape(channels: 3, height: 6, width: 6)
      let augmented = try sheet(definition, input: input, in: folder)
      let first = try #require(augmented.rows.first)
      #expect(first.plain.count == 3 && first.augmented.count == 3)
      let image = gradient(height: 6, width: 8)
      let middle: [UInt8] = (0..<6).flatMap { (row: Int) -> [UInt8] in
        Array(image[(row * 8 + 1) * 3..<(row * 8 + 7) * 3])
      }
      #expect(first.plain[0].pixels == middle)
      // What is padded or cut out has the colour; the rest is of the image.
      let colors = Set(stride(from: 0, to: image.count, by: 3).map { Array(image[$0..<$0 + 3]) })
      let shown = first.augmented[0].pixels
      let pixels = stride(from: 0, to: shown.count, by: 3).map { Array(shown[$0..<$0 + 3]) }
      #expect(pixels.contains([10, 20, 30]))
      #expect(pixels.allSatisfy { $0 == [10, 20, 30] || colors.contains($0) })
      try withPacked(definition) { packed in
        let same = try sheet(definition, packed: packed, input: input, in: folder)
        #expect(same.rows.map(\.plain) == augmented.rows.map(\.plain))
        #expect(same.rows.map(\.augmented) == augmented.rows.map(\.augmented))
      }
    }
  }

  @Test func theSheetStaysSmall() {
    let small = SheetSize(pixels: 32 * 32, views: 2, of: 100)
    #expect(small == SheetSize(pixels: 1, views: 1, of: 100))
    #expect(small.classes == 16 && small.images == 8)
    // All of ten classes, with fewer images.
    let large = SheetSize(pixels: 256 * 256, views: 1, of: 10)
    #expect(large.classes == 10 && large.images == 6)
    #expect(SheetSize(pixels: 1, views: 1, of: 1).classes == 1)
    for side in [32, 227, 512, 2000, 10_000] {
      let size = SheetSize(pixels: side * side, views: 2, of: 1000)
      #expect(size.classes >= 2 && size.images >= 1)
      #expect(side > 1000 || size.classes * size.images * 2 * side * side <= 4_200_000)
    }
  }
}
