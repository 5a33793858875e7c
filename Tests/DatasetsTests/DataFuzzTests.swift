import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Changed images, archives of images and packed files are read, or refused with a diagnostic.
@Suite struct DataFuzzTests {
  enum Kind: String, CaseIterable, Sendable {
    case jpeg, png, archive, packed, encoded, cifar, idx, idxLabels, numpy, list, table, shard
  }

  private static func fuzz(_ kind: Kind) throws -> ReaderFuzz {
    let pixels = gradient(height: 24, width: 16)
    switch kind {
    case .jpeg:
      let color = try jpeg(pixels, height: 24, width: 16)
      let gray = try grayJPEG(Array(pixels.prefix(24 * 16)), height: 24, width: 16)
      let turned = jpeg(
        color, adding: 0xe1, Array("Exif\0\0".utf8) + exif(orientation: 6, littleEndian: true))
      let inks = try cmykJPEG(noise(count: 8 * 8 * 4, seed: 1), height: 8, width: 8)
      return ReaderFuzz("jpeg", ByteMutator([color, gray, turned, inks]))
    case .png:
      let samples = try [
        png(pixels, height: 24, width: 16),
        png(noise(count: 64, seed: 2), height: 8, width: 8, kind: .gray),
        png(noise(count: 256, seed: 3), height: 8, width: 8, kind: .colorWithOpacity),
        png([1, 0, 2, 1], height: 2, width: 2, kind: .palette([10, 20, 30, 255, 9, 9, 9, 0])),
        deepPNG(.init(repeating: 0x1234, count: 48), height: 4, width: 4),
      ]
      return ReaderFuzz("png", ByteMutator(samples, mend: withRightChecksums))
    case .archive:
      return ReaderFuzz(
        "archive", ByteMutator(try ArchiveKind.allCases.map(archive), mend: withRightHeaders))
    case .packed, .encoded:
      let files = try withTemporaryFolder { folder in
        let path = folder.appending("d.tar")
        try LocalFileSystem().write(archive(.tar), to: path)
        var definition = dataset(at: path)
        if kind == .encoded { definition.storage = .jpeg(quality: 80) }
        return try packedFile(definition).bytes
      }
      return ReaderFuzz(kind.rawValue, ByteMutator([files]))
    case .cifar:
      return ReaderFuzz("cifar", ByteMutator([smallCIFAR(), smallCIFAR(labels: 2)]))
    case .idx:
      return ReaderFuzz("idx", ByteMutator([idx([6, 4, 4]), idx([6, 2, 2, 3])]))
    case .idxLabels:
      return ReaderFuzz("idx-labels", ByteMutator([idx([6], of: [0, 1, 2, 0, 1, 2])]))
    case .numpy:
      return ReaderFuzz(
        "numpy",
        ByteMutator([
          numPy("|u1", [6, 4, 4], .init(repeating: 7, count: 96)),
          numPy("|u1", [6, 3, 2, 2], .init(repeating: 7, count: 72)),
          numPy("<i8", [6, 1], (0..<6).flatMap { [UInt8($0 % 3)] + [0, 0, 0, 0, 0, 0, 0] }),
        ]))
    case .list:
      return ReaderFuzz(
        "list",
        ByteMutator(
          ["cat/0.png 0\ncat/1.png 1\ndog/0.png 0\ndog/1.png 1\n", "0\n1\n1\n0\n0\n1\n"].map {
            Array($0.utf8)
          }))
    case .table:
      return ReaderFuzz(
        "table",
        ByteMutator([Array("id,class\ncat/0,a\n\"cat/1\",\"b \"\"x\"\"\"\ndog/0,a\ndog/1,b\n".utf8)]
        ))
    case .shard:
      return ReaderFuzz("shard", ByteMutator([try shard(2)], mend: withRightHeaders))
    }
  }

  private static func archive(_ kind: ArchiveKind) throws -> [UInt8] {
    try withTemporaryFolder { folder in
      let path = folder.appending("archive")
      try writeArchive(
        members(smallDataset(), below: "top/") + [
          .link("top/train/dog/l.png", to: "top/train/dog/0.png")
        ],
        to: path, kind: kind)
      return try LocalFileSystem().read(path)
    }
  }

  /// A PNG file whose chunks have the checksums that belong to them.
  private static func withRightChecksums(_ bytes: [UInt8]) -> [UInt8] {
    var mended = Array(bytes.prefix(8))
    var rest = bytes.dropFirst(8)
    while rest.count >= 12 {
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      guard length <= rest.count - 12 else { break }
      let name = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
      // A name that is no text is left, checksum and all.
      guard name.utf8.count == 4 else { break }
      mended += chunk(name, Array(rest.dropFirst(8).prefix(length)))
      rest = rest.dropFirst(12 + length)
    }
    return mended + rest
  }

  private static func read(_ kind: Kind, _ bytes: [UInt8], _ folder: FilePath) throws {
    let files = LocalFileSystem()
    let packed = folder.appending("images.packed")
    switch kind {
    case .jpeg, .png:
      let source = folder.appending("source")
      try writeFiles(["train/a/x.jpg": bytes, "test/a/x.jpg": bytes], to: source)
      let definition = DatasetDefinition(
        source: .path(source.string), size: .init(height: 8, width: 8), fit: .crop)
      _ = try definition.pack(into: packed, threads: 1)
      try sum(PackedDataset(packed))
      // Decoded at a reduced size, where it is a JPEG.
      var encoded = definition
      encoded.storage = .jpeg(quality: 75)
      _ = try encoded.pack(into: packed, threads: 1)
      try sum(PackedDataset(packed))
    case .archive:
      let path = folder.appending("d.tar")
      try files.write(bytes, to: path)
      let definition = dataset(at: path)
      _ = try definition.inspect(known: nil)
      _ = try definition.pack(into: packed, threads: 1)
      try sum(PackedDataset(packed))
    case .packed, .encoded:
      try files.write(bytes, to: packed)
      try sum(PackedDataset(packed))
    case .cifar:
      try readSet(["train.bin": bytes, "test.bin": bytes], folder)
    case .idx:
      let labels = idx([6], of: [0, 1, 2, 0, 1, 2])
      try readSet(
        [
          "train-images": bytes, "train-labels": labels, "t10k-images": bytes,
          "t10k-labels": labels,
        ], folder)
    case .idxLabels:
      let images = idx([6, 2, 2])
      try readSet(
        [
          "train-images": images, "train-labels": bytes, "t10k-images": images,
          "t10k-labels": bytes,
        ], folder)
    case .numpy:
      let labels = numPy("|u1", [6], [0, 1, 2, 0, 1, 2])
      try readSet(
        ["x_train.npy": bytes, "y_train.npy": labels, "x_test.npy": bytes, "y_test.npy": bytes],
        folder)
      try readSet(
        ["x_train.npy": bytes, "y_train.npy": labels, "x_test.npy": bytes, "y_test.npy": labels],
        folder)
    case .list, .table:
      try files.write(bytes, to: folder.appending("list"))
      let list = ImageList(
        file: folder.appending("list").string,
        columns: kind == .table ? .init(image: "id", label: "class") : nil)
      let images = try smallDataset().filter { $0.key.hasPrefix("train/") }
      try readSet(
        images, folder,
        .init(train: .list(list, below: "train"), test: .drawn(HoldOut(amount: .fraction(0.5)))))
    case .shard:
      try readSet(
        ["train-0.tar": bytes, "train-1.tar": shard(1), "test.tar": bytes], folder,
        .init(train: .path("train-{0..1}.tar"), test: .path("test.tar")))
    }
  }

  private static func shard(_ number: Int) throws -> [UInt8] {
    try withTemporaryFolder { folder in
      let path = folder.appending("shard")
      let members = try (0..<4).flatMap { index -> [ArchiveMember] in
        [
          .file("\(index).cls", Array("\(index % 2)".utf8)),
          .file(
            "\(index).png", try png(noise(count: 12, seed: index + number), height: 2, width: 2)),
        ]
      }
      try writeArchive(members, to: path, kind: .tar)
      return try LocalFileSystem().read(path)
    }
  }

  private static func readSet(
    _ files: [String: [UInt8]], _ folder: FilePath, _ subsets: DatasetSubsets? = nil
  ) throws {
    let source = folder.appending("set")
    try LocalFileSystem().remove(source)
    try writeFiles(files, to: source)
    var definition = dataset(at: source)
    definition.subsets = subsets
    _ = try definition.inspect(known: nil)
    let packed = folder.appending("images.packed")
    _ = try definition.pack(into: packed, threads: 1)
    try sum(PackedDataset(packed))
  }

  /// Looks at every pixel.
  private static func sum(_ images: PackedDataset) throws {
    for subset in [Subset.train, .test] {
      let examples = try images.examples(subset, classes: images.classes)
      let reader = PackedDataset.Reader(images)
      for image in examples.images {
        // A changed image may not be one any more.
        _ = try? reader.withPixels(of: image) { $0.reduce(0) { $0 &+ Int($1) } }
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func changedFilesAreReadOrRefused(_ kind: Kind) throws {
    try withTemporaryFolder { folder in
      let complaints = try Self.fuzz(kind).complaints(0..<400) {
        try Self.read(kind, $0, folder)
      }
      #expect(complaints.isEmpty)
    }
  }

  @Test(
    .enabled(if: ReaderFuzz.seconds != nil, "CAMBIUM_FUZZ_SECONDS is unset"),
    arguments: Kind.allCases)
  func changedFilesAreReadOrRefusedForALongTime(_ kind: Kind) throws {
    try withTemporaryFolder { folder in
      let complaints = try Self.fuzz(kind).complaintsOverTime { try Self.read(kind, $0, folder) }
      #expect(complaints.isEmpty)
    }
  }
}
