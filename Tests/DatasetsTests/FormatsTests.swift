import Basics
import Datasets
import Definitions
import Glibc
import SystemPackage
import TestSupport
import Testing

/// The small sets of `Fixtures/formats.py`, as they are distributed.
struct FormatFixture: CustomTestStringConvertible, Sendable {
  /// In `formats.json`.
  var name: String
  var definition: DatasetDefinition

  var testDescription: String { name }

  static let folder = FilePath(#filePath).removingLastComponent().pushing("Fixtures/formats")

  init(
    _ name: String, _ source: String, _ subsets: DatasetSubsets? = nil,
    labels: DatasetDefinition.Labels = .fine, channels: Int = 3
  ) {
    self.name = name
    definition = DatasetDefinition(
      source: .path(FormatFixture.folder.pushing(FilePath(source)).string), subsets: subsets,
      labels: labels, channels: channels)
  }

  private static func list(
    _ file: String, below: String = ".", columns: ImageList.Columns? = nil
  ) -> DatasetSubsets.Place {
    .list(ImageList(file: folder.pushing(FilePath(file)).string, columns: columns), below: below)
  }

  static let all: [FormatFixture] = {
    let columns = ImageList.Columns(image: "id", label: "breed")
    return [
      .init("cifar-10", "cifar-10-binary.tar.gz"),
      .init("cifar-100-fine", "cifar-100-binary.tar.gz"),
      .init("cifar-100-coarse", "cifar-100-binary.tar.gz", labels: .coarse),
      .init("mnist", "mnist", channels: 1),
      .init(
        "emnist-letters", "emnist.zip",
        .init(train: .path("emnist-letters-train"), test: .path("emnist-letters-test")),
        channels: 1),
      .init("bloodmnist", "bloodmnist.npz"),
      .init("plain", "plain.npz", channels: 1),
      .init("folder", "folder", .init(train: .path("train"), test: .path("val"))),
      .init(
        "caffe", "flat", .init(train: list("flat/train.txt"), test: list("flat/test.txt"))),
      .init(
        "csv", "flat",
        .init(
          train: list("flat/train.csv", below: "images", columns: columns),
          test: list("flat/test.csv", below: "images", columns: columns))),
      .init(
        "shards", "shards",
        .init(train: .path("train-{000000..000002}.tar"), test: .path("val-000000.tar"))),
    ]
  }()
}

/// What `formats.py` found in a set.
struct IndependentFacts {
  var classes: [String]
  var train: [Int]
  var test: [Int]
  var labels: String
  var pixels: String

  init(_ value: Value?) throws {
    let value = try #require(value)
    classes = (value["classes"]?.asList ?? []).compactMap(\.asString)
    train = (value["train"]?.asList ?? []).compactMap(\.asInteger)
    test = (value["test"]?.asList ?? []).compactMap(\.asInteger)
    labels = try #require(value["labels"]?.asString)
    pixels = try #require(value["pixels"]?.asString)
  }

  init(recorded name: String) throws {
    let path = FormatFixture.folder.removingLastComponent().appending("formats.json")
    try self.init(Value(json: try LocalFileSystem().read(path))[name])
  }

  /// The digest of the labels of a packed dataset, in its order.
  static func labels(_ summary: PackedSummary) -> String {
    var text = ""
    for counts in [summary.trainCounts, summary.testCounts] {
      for (name, count) in zip(summary.classes, counts) {
        text += String(repeating: name + "\n", count: count)
      }
    }
    return Fingerprint(of: Array(text.utf8)).hexadecimal
  }
}

@Suite struct FormatsTests {
  @Test(arguments: FormatFixture.all)
  func agreesWithAnIndependentReader(_ fixture: FormatFixture) throws {
    let expected = try IndependentFacts(recorded: fixture.name)
    let summary = try fixture.definition.inspect(known: nil).summary
    #expect(summary.classes == expected.classes)
    #expect(summary.trainCounts == expected.train && summary.testCounts == expected.test)
    try withTemporaryFolder { folder in
      let file = folder.appending("packed")
      let packed = try fixture.definition.pack(into: file, threads: 2).summary
      #expect(packed.classes == expected.classes)
      #expect(IndependentFacts.labels(packed) == expected.labels)
      let images = try PackedDataset(file)
      var pixels: [UInt8] = []
      for image in 0..<images.count { pixels += images.pixels(of: image) }
      #expect(Fingerprint(of: pixels).hexadecimal == expected.pixels)
      #expect(summary.imageSize?.size == .init(height: packed.height, width: packed.width))
    }
  }

  /// What planning knows is read again only if something changes.
  @Test(arguments: FormatFixture.all)
  func inspectionIsReused(_ fixture: FormatFixture) throws {
    var first = try fixture.definition.inspect(known: nil)
    first.summary.classes = ["marker"]
    first.summary.files = nil
    let again = try fixture.definition.inspect(known: first)
    #expect(again.summary.classes == ["marker"])
  }

  @Test func ownValidationImagesAreTheLastTrainingImages() throws {
    var definition = FormatFixture("bloodmnist", "bloodmnist.npz").definition
    definition.subsets = .init(
      train: .path("train"), test: .path("test"), validation: .path("val"))
    let summary = try definition.inspect(known: nil).summary
    #expect(summary.trainCounts == [8, 8, 8, 8] && summary.validationCounts == [2, 2, 2, 2])
    let value = try #require(DatasetSummary(summary.value))
    #expect(value.validationCounts == summary.validationCounts)
    try withTemporaryFolder { folder in
      let file = folder.appending("packed")
      _ = try definition.pack(into: file, threads: 1)
      let images = try PackedDataset(file)
      let holdOut = HoldOut(amount: .own(["0": 2, "1": 2, "2": 2, "3": 2]))
      let train = try images.examples(.train, classes: ["1"], holdOut: holdOut)
      let validation = try images.examples(.validation, classes: ["1"], holdOut: holdOut)
      #expect(train.images == Array(8..<14) && validation.images == [14, 15])
    }
  }

  @Test func testImagesAreDrawnByClassAndSeed() throws {
    try withTemporaryFolder { folder in
      var files: [String: [UInt8]] = [:]
      for name in ["ant", "bee"] {
        for number in 0..<10 {
          files["set/\(name)/\(number).png"] = try png([UInt8(number), 0, 0], height: 1, width: 1)
        }
      }
      try writeFiles(files, to: folder)
      func counts(_ draw: HoldOut) throws -> ([Int], [Int], Fingerprint) {
        var definition = dataset(at: folder)
        definition.subsets = .init(train: .path("."), test: .drawn(draw))
        let summary = try definition.inspect(known: nil).summary
        return (summary.trainCounts, summary.testCounts, summary.digest)
      }
      let first = try counts(HoldOut(amount: .fraction(0.2)))
      #expect(first.0 == [8, 8] && first.1 == [2, 2])
      let second = try counts(HoldOut(amount: .fraction(0.2), seed: 1))
      #expect(second.0 == [8, 8] && second.2 != first.2)
      #expect(try counts(HoldOut(amount: .perClass(3))).1 == [3, 3])
      #expect(try counts(HoldOut(amount: .fraction(0.2))).2 == first.2)
    }
  }

  /// A mean image or features next to images do not make a binary set of them.
  @Test func arraysNextToImagesArePassedOver() throws {
    try withTemporaryFolder { folder in
      let expected = try packedFile(datasetOf(smallDataset(), in: folder, "usual")).bytes
      let mean = numPy("|u1", [6, 8, 3], .init(repeating: 9, count: 144))
      for top in ["", "top/"] {
        var files = Dictionary(
          uniqueKeysWithValues: try smallDataset().map { (top + $0.key, $0.value) })
        files[top + "mean.npy"] = mean
        let name = "with\(top.isEmpty ? "" : "top")"
        #expect(try packedFile(datasetOf(files, in: folder, name)).bytes == expected)
        let archive = folder.appending(name + ".tar")
        try writeArchive(members(files), to: archive, kind: .tar)
        #expect(try packedFile(dataset(at: archive)).bytes == expected)
      }
    }
  }

  private func datasetOf(
    _ files: [String: [UInt8]], in folder: FilePath, _ name: String
  ) throws -> DatasetDefinition {
    try writeFiles(files, to: folder.appending(name))
    return dataset(at: folder.appending(name))
  }

  /// The same classes and images, whatever the folders are called or the archive is.
  @Test func foldersOfOtherNamesAreRead() throws {
    try withTemporaryFolder { folder in
      let renamed = Dictionary(
        uniqueKeysWithValues: try smallDataset().map { path, bytes in
          (
            path.hasPrefix("train/")
              ? "top/Train/" + path.dropFirst(6) : "top/val/" + path.dropFirst(5),
            bytes
          )
        })
      try writeFiles(renamed, to: folder.appending("f"))
      try writeArchive(members(renamed), to: folder.appending("a.zip"), kind: .zip)
      try writeFiles(try smallDataset(), to: folder.appending("usual"))
      let expected = try packedFile(dataset(at: folder.appending("usual"))).bytes
      for name in ["f", "a.zip"] {
        var definition = dataset(at: folder.appending(name))
        definition.subsets = .init(train: .path("Train"), test: .path("val"))
        #expect(try packedFile(definition).bytes == expected)
      }
      // Each subset in an archive of its own, or one of them in a folder.
      for subset in ["train", "test"] {
        let own = try smallDataset().filter { $0.key.hasPrefix(subset) }
          .map { ("\($0.key.dropFirst(subset.count + 1))", $0.value) }
        try writeArchive(
          members(Dictionary(uniqueKeysWithValues: own)),
          to: folder.pushing(FilePath("usual/\(subset).tar")), kind: .tar)
      }
      for train in ["train.tar", "train"] {
        var definition = dataset(at: folder.appending("usual"))
        definition.subsets = .init(train: .path(train), test: .path("test.tar"))
        #expect(try packedFile(definition).bytes == expected)
      }
    }
  }
}

/// A miniature of ILSVRC2012, made by `formats.py` from photographs.
@Suite(.enabled(if: getenv("CAMBIUM_TEST_DATA") != nil, "CAMBIUM_TEST_DATA is unset"))
struct ILSVRCTests {
  @Test func isReadAsDistributed() throws {
    let sample = String(cString: try #require(getenv("CAMBIUM_TEST_DATA"))) + "/imagenet/sample.tar"
    let photographs = try readArchive(FilePath(sample)).compactMap { path, bytes in
      let parts = path.split(separator: "/")
      return path.hasSuffix(".JPEG") ? (synset: String(parts[parts.count - 2]), bytes) : nil
    }.sorted { $0.synset < $1.synset }.prefix(6)
    let synsets = photographs.map(\.synset)
    let expected = try IndependentFacts(
      Value(
        json: LocalFileSystem().read(
          FormatFixture.folder.removingLastComponent().appending("ilsvrc.json"))))
    try withTemporaryFolder { folder in
      var train: [ArchiveMember] = []
      for (name, bytes) in photographs {
        let inner = folder.appending("inner.tar")
        try writeArchive(
          (0..<2).map { .file("\(name)_\($0).JPEG", bytes) }, to: inner, kind: .tar)
        train.append(.file("\(name).tar", try LocalFileSystem().read(inner)))
      }
      try writeArchive(train, to: folder.appending("ILSVRC2012_img_train.tar"), kind: .tar)
      // From the last class to the first.
      func name(_ number: Int) -> String { "ILSVRC2012_val_0000000\(number + 1).JPEG" }
      let val = photographs.reversed().enumerated().map {
        ArchiveMember.file(name($0.offset), $0.element.1)
      }
      try writeArchive(val, to: folder.appending("ILSVRC2012_img_val.tar"), kind: .tar)
      try writeFiles(
        [
          "val.txt": Array((0..<6).map { "\(name($0)) \(5 - $0)\n" }.joined().utf8),
          "truth.txt": Array((0..<6).map { "\(6 - $0)\n" }.joined().utf8),
          "synsets.txt": Array(synsets.map { $0 + " words\n" }.joined().utf8),
        ], to: folder)
      func definition(_ list: ImageList) -> DatasetDefinition {
        DatasetDefinition(
          source: .path(folder.string),
          subsets: .init(
            train: .path("ILSVRC2012_img_train.tar"),
            test: .list(list, below: "ILSVRC2012_img_val.tar")),
          size: .init(height: 32, width: 32),
          declaration: .init(classes: .file(folder.appending("synsets.txt").string)))
      }
      let listed = definition(ImageList(file: folder.appending("val.txt").string))
      let summary = try listed.inspect(known: nil).summary
      #expect(summary.classes == expected.classes)
      #expect(summary.trainCounts == expected.train && summary.testCounts == expected.test)
      let packed = try packedFile(listed)
      #expect(IndependentFacts.labels(packed.summary) == expected.labels)
      var plain: [String: [UInt8]] = [:]
      for (name, bytes) in photographs {
        for number in 0..<2 { plain["train/\(name)/\(number).JPEG"] = bytes }
        plain["test/\(name)/0.JPEG"] = bytes
      }
      try writeFiles(plain, to: folder.appending("plain"))
      var same = dataset(at: folder.appending("plain"))
      same.size = .init(height: 32, width: 32)
      #expect(try packedFile(same).bytes == packed.bytes)
      let truth = definition(
        ImageList(file: folder.appending("truth.txt").string, first: 1))
      #expect(try packedFile(truth).bytes == packed.bytes)
    }
  }
}
