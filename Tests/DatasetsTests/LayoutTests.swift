import Basics
import Datasets
import Definitions
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct LayoutTests {
  private let image: [UInt8]

  init() throws { image = try png([1, 2, 3], height: 1, width: 1) }

  /// The error from inspecting a folder with these files (and empty folders).
  private func complaint(
    _ names: [String], folders: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    try withTemporaryFolder { folder in
      try writeFiles(Dictionary(uniqueKeysWithValues: names.map { ($0, image) }), to: folder)
      for name in folders { try LocalFileSystem().makeFolder(folder.pushing(FilePath(name))) }
      return try message(sourceLocation: sourceLocation) {
        _ = try dataset(at: folder).inspect(known: nil)
      }
    }
  }

  @Test func aMissingPathSuggestsItsNeighbour() throws {
    try withTemporaryFolder { folder in
      try writeFiles(["photos.tar.gz": [1], "other": [2]], to: folder)
      let message = try message {
        _ = try dataset(at: folder.appending("photo.tar.gz")).inspect(known: nil)
      }
      #expect(message.contains("photo.tar.gz' does not exist"))
      #expect(message.contains("did you mean '\(folder)/photos.tar.gz'?"))
    }
  }

  @Test func aMissingPathWithoutNeighboursSuggestsNothing() throws {
    let message = try message {
      _ = try dataset(at: "/no/such/folder/photos").inspect(known: nil)
    }
    #expect(message.contains("'/no/such/folder/photos' does not exist"))
    #expect(!message.contains("did you mean"))
  }

  @Test func packingAMissingPathSaysSoToo() throws {
    let message = try message { _ = try packedFile(dataset(at: "/no/such/photos")) }
    #expect(message.contains("'/no/such/photos' does not exist"))
  }

  @Test func anEmptyFolderIsNoDataset() throws {
    #expect(try complaint([]).contains("is empty"))
    #expect(try complaint([".hidden", "__MACOSX/x"]).contains("is empty"))
  }

  @Test func aFolderWithoutTrainIsNoDataset() throws {
    for names in [["cat/1", "dog/1"], ["test/cat/1"], ["train", "other"]] {
      let message = try complaint(names)
      #expect(message.contains("has no folder 'train'"))
      #expect(message.contains("train/<class>/…"))
    }
  }

  @Test func subsetsWithoutImagesAreNamed() throws {
    #expect(try complaint(["train/a/1"]).contains("has no folder 'test'"))
    #expect(try complaint(["train/a/1"], folders: ["test"]).contains("has no images in 'test'"))
    #expect(try complaint(["train/1", "test/a/1"]).contains("has no images in 'train'"))
  }

  @Test func everyIncompleteClassIsNamed() throws {
    let message = try complaint(
      ["train/a/1", "test/a/1", "train/b/1", "test/c/1"], folders: ["train/d", "test/d/deep"])
    #expect(message.contains("class 'b' of dataset") && message.contains("none in 'test'"))
    #expect(message.contains("class 'c' of dataset") && message.contains("none in 'train'"))
    #expect(message.contains("class 'd' of dataset") && message.contains("has no images"))
    #expect(!message.contains("class 'a'"))
  }

  @Test func severalDatasetsAreNotOne() throws {
    let message = try complaint(["x/train/a/1", "x/test/a/1", "y/train/a/1", "y/test/a/1"])
    #expect(message.contains("contains several datasets, in 'x', 'y'"))
  }

  @Test func theFolderNearestTheTopIsTheDataset() throws {
    try withTemporaryFolder { folder in
      let names = ["top/train/a/1", "top/test/a/1", "top/more/train/b/1", "top/train/a/test/2"]
      try writeFiles(Dictionary(uniqueKeysWithValues: names.map { ($0, image) }), to: folder)
      let summary = try dataset(at: folder).inspect(known: nil).summary
      #expect(summary.classes == ["a"])
      // Folders inside a class belong to it.
      #expect(summary.trainCounts == [2] && summary.testCounts == [1])
    }
  }

  @Test func whatIsNeitherFolderNorFileIsRefused() throws {
    #expect(
      try message { _ = try dataset(at: "/dev/null").inspect(known: nil) }
        .contains("neither a folder nor a file"))
  }

  @Test func linksThatLeadBackAreNamed() throws {
    try withTemporaryFolder { folder in
      try writeFiles(["train/a/1": image, "test/a/1": image], to: folder)
      // Outside the images, they are irrelevant.
      #expect(symlink(".", folder.appending("latest").string) == 0)
      #expect(symlink("itself", folder.appending("itself").string) == 0)
      _ = try dataset(at: folder).inspect(known: nil)
      #expect(symlink("..", folder.appending("train/up").string) == 0)
      let back = try message { _ = try dataset(at: folder).inspect(known: nil) }
      #expect(
        back.contains(
          "'train/up' in dataset '\(folder)' is a link to '..', which points to a folder above it"
        ))
      #expect(unlink(folder.appending("train/up").string) == 0)
      #expect(symlink("b", folder.pushing("train/a/b").string) == 0)
      let circle = try message { _ = try dataset(at: folder).inspect(known: nil) }
      #expect(circle.contains("'train/a/b'") && circle.contains("'b', which is part of a loop"))
    }
  }

  @Test func deepFoldersAreRefused() throws {
    try withTemporaryFolder { folder in
      let deep = (0..<20).map { "\($0)" }.joined(separator: "/")
      try writeFiles(
        ["train/a/1": image, "test/a/1": image, "train/a/\(deep)/2": image], to: folder)
      let message = try message { _ = try dataset(at: folder).inspect(known: nil) }
      #expect(message.contains("nested too deeply"))
    }
  }

  @Test func pathsThatDoubleFromFolderToFolderAreRefusedSoon() throws {
    try withTemporaryFolder { folder in
      try writeFiles(["train/a/1": image, "test/a/1": image], to: folder)
      for level in 0..<14 {
        let path = folder.pushing(FilePath("levels/\(level)"))
        try LocalFileSystem().makeFolder(path)
        for link in 0..<10 {
          #expect(symlink("../\(level + 1)", path.appending("\(link)").string) == 0)
        }
      }
      try LocalFileSystem().makeFolder(folder.pushing("levels/14"))
      let message = try message { _ = try dataset(at: folder).inspect(known: nil) }
      #expect(message.contains("too many links lead there"))
    }
  }

  @Test func linksOutOfAFolderAreFollowed() throws {
    try withTemporaryFolder { folder in
      try writeFiles(
        ["photos/train/a/1": image, "photos/test/a/1": image, "b/1": image], to: folder)
      for subset in ["train", "test"] {
        #expect(symlink("../../b", folder.pushing(FilePath("photos/\(subset)/b")).string) == 0)
      }
      let summary = try packedFile(dataset(at: folder.appending("photos"))).summary
      #expect(summary.classes == ["a", "b"])
    }
  }

  @Test func brokenLinksAreNamed() throws {
    try withTemporaryFolder { folder in
      try writeFiles(["train/a/1": image, "test/a/1": image], to: folder)
      #expect(symlink("nowhere", folder.pushing("train/a/2").string) == 0)
      // Outside the images, it is irrelevant.
      #expect(symlink("/nowhere", folder.appending("latest").string) == 0)
      let message = try message { _ = try dataset(at: folder).inspect(known: nil) }
      #expect(
        message.contains(
          "'train/a/2' in dataset '\(folder)' is a link to 'nowhere', which does not exist"))
      var skipping = dataset(at: folder)
      skipping.unreadable = .skip
      #expect(try skipping.inspect(known: nil).summary.trainCounts == [2])
      // It is left out of the packed dataset.
      let packed = try packedFile(skipping).summary
      #expect(packed.trainCounts == [1])
      // Its target may be created later.
      let before = try skipping.inspect(known: nil)
      try writeFiles(["train/a/nowhere": image], to: folder)
      #expect(try skipping.inspect(known: before).summary.digest != before.summary.digest)
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may read every folder"))
  func foldersThatCannotBeReadAreNamed() throws {
    try withTemporaryFolder { folder in
      try writeFiles(["train/a/1": image, "test/a/1": image], to: folder)
      let locked = folder.pushing("train/a")
      #expect(chmod(locked.string, 0) == 0)
      defer { chmod(locked.string, 0o755) }
      let message = try message { _ = try dataset(at: folder).inspect(known: nil) }
      #expect(message.contains("cannot read '\(locked)': Permission denied"))
    }
  }

  @Test func namesThatAreNotUTF8AreRefused() throws {
    try withTemporaryFolder { folder in
      try writeFiles(["train/a/1": image, "test/a/1": image], to: folder)
      let name =
        folder.string.utf8.map(CChar.init(bitPattern:)) + [0x2f, CChar(bitPattern: 0xe9), 0]
      #expect(mkdir(name, 0o755) == 0)
      defer { rmdir(name) }
      // Outside the images, it is irrelevant.
      _ = try dataset(at: folder).inspect(known: nil)
      let among =
        folder.string.utf8.map(CChar.init(bitPattern:))
        + "/train/a/caf".utf8.map(CChar.init(bitPattern:)) + [CChar(bitPattern: 0xe9), 0]
      #expect(mkdir(among, 0o755) == 0)
      defer { rmdir(among) }
      let message = try message { _ = try dataset(at: folder).inspect(known: nil) }
      #expect(
        message.contains("'train/a/caf\\xE9' in dataset '\(folder)' has a name that is not UTF-8"))
    }
  }

  // MARK: - Other layouts

  private func hint(
    _ names: [String], _ expected: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let message = try complaint(names, sourceLocation: sourceLocation)
    for text in expected {
      #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
    }
    #expect(message.contains("train/<class>/…"), sourceLocation: sourceLocation)
  }

  @Test func subsetsOfAnotherNameAreNamed() throws {
    try hint(
      ["train/a/1", "val/a/1"], "has no folder 'test'",
      "there is 'val': write 'subsets: {train: train, test: val}'")
    try hint(
      ["train/a/1", "Validation/a/1"],
      "there is 'Validation': write 'subsets: {train: train, test: Validation}'")
    try hint(
      ["training/a/1", "test/a/1"],
      "there is 'training': write 'subsets: {train: training, test: test}'")
    try hint(
      ["Train/a/1", "Test/a/1"], "has no folder 'train'",
      "there is 'Train', 'Test': write 'subsets: {train: Train, test: Test}'")
    try hint(
      ["photos/TRAIN/a/1", "photos/test/a/1"],
      "there is 'TRAIN': write 'subsets: {train: TRAIN, test: test}'")
    try hint(["train/a/1", "notes/x"], "next to it there is 'notes'")
    // An existing subset is not mentioned.
    let message = try complaint(["train/a/1", "val/a/1"], folders: ["test"])
    #expect(!message.contains("'val'"))
  }

  @Test func archivesAmongTheFoldersAreNamed() throws {
    try hint(
      ["train/ant.tar", "train/bee.tar", "test/ant/1"], "has no images in 'train'",
      "'train' contains archives, 'ant.tar', 'bee.tar': unpack each")
    try hint(
      ["train.tar.gz", "test.tar.gz"], "write 'subsets: {train: train.tar.gz, test: test.tar.gz}'")
    try hint(["a.zip"], "it contains archives, 'a.zip': unpack them")
  }

  @Test func imagesWithoutClassesOrSubsetsAreNamed() throws {
    try hint(
      ["train/1.png", "train/2.png", "test/a/1"],
      "'train' contains images outside class folders, '1.png', '2.png'",
      "move the images of each class into a folder")
    try hint(
      ["ant/1.png", "bee/1.png"],
      "'ant', 'bee' look like classes: with 'subsets: {test: {fraction: 0.2}}'")
    try hint(["x.parquet"], "it contains 'x.parquet'")
    try hint(
      ["a/train/x/1", "b/test/x/1"], "contains both 'train' and 'test'", "'a/train', 'b/test'")
    try withTemporaryFolder { folder in
      try writeFiles(["train/a/1.png": image, "test/a/1.png": image], to: folder)
      let message = try message {
        _ = try dataset(at: folder.appending("train")).inspect(known: nil)
      }
      #expect(message.contains("must be the folder that contains 'train' and 'test'"))
    }
  }

  @Test func pathsThatAreNoneAreExplained() throws {
    func complaint(_ path: String) throws -> String {
      try message { _ = try dataset(at: FilePath(path)).inspect(known: nil) }
    }
    for path in ["https://example.org/d.tgz", "/x/s3://bucket/d"] {
      let message = try complaint(path)
      #expect(message.contains("is a URL") && message.contains("download it first"))
    }
    #expect(try complaint("https://example.org/d.tgz").contains("'https://example.org/d.tgz'"))
    #expect(try complaint("/x/~/data").contains("'~' is not expanded"))
    #expect(try complaint("~me/data").contains("'~me' is not expanded"))
    #expect(try complaint("$HOME/data").contains("'$HOME' is not an environment variable here"))
    #expect(try complaint("C:\\data").contains("separated by '/'"))
  }

  /// The folder that contains both subsets is the dataset, even if other folders have similar names.
  @Test func aFolderWithOneSubsetAloneIsNone() throws {
    try withTemporaryFolder { folder in
      let names = [
        "docs/train/a/note", "train/x", "set/photos/train/b/1", "set/photos/test/b/1",
      ]
      try writeFiles(Dictionary(uniqueKeysWithValues: names.map { ($0, image) }), to: folder)
      let summary = try dataset(at: folder).inspect(known: nil).summary
      #expect(summary.classes == ["b"])
      let archive = folder.appending("a.tar")
      try writeArchive(names.map { .file($0, image) }, to: archive, kind: .tar)
      #expect(try dataset(at: archive).inspect(known: nil).summary.classes == ["b"])
    }
  }

  @Test func lostClassesAreNamedAndOtherLinksAreNot() throws {
    try withTemporaryFolder { folder in
      try writeFiles(["train/a/1": image, "test/a/1": image], to: folder)
      #expect(symlink("/nowhere.csv", folder.appending("train/list.csv").string) == 0)
      #expect(symlink("/nowhere", folder.appending("latest").string) == 0)
      _ = try dataset(at: folder).inspect(known: nil)
      #expect(symlink("/nowhere", folder.appending("train/b").string) == 0)
      for unreadable in DatasetDefinition.Unreadable.allCases {
        var definition = dataset(at: folder)
        definition.unreadable = unreadable
        let message = try message { _ = try definition.inspect(known: nil) }
        #expect(message.contains("'train/b' in dataset '\(folder)' is a link to '/nowhere'"))
      }
    }
  }
}
