import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

@Suite struct ArchiveTests {
  /// Writes a tar archive of the small dataset and additional members, and passes its definition to `body`.
  private func withArchive<Result>(
    _ more: [ArchiveMember], without removed: [String] = [], first: Bool = false,
    kind: ArchiveKind = .tar, _ body: (DatasetDefinition) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      let archive = folder.appending("photos.tar")
      let files = members(try smallDataset().filter { !removed.contains($0.key) })
      try writeArchive(first ? more + files : files + more, to: archive, kind: kind)
      return try body(dataset(at: archive))
    }
  }

  /// The small dataset with `train/dog/0.png` as a copy of `train/cat/0.png`.
  private func expectedCopy() throws -> [UInt8] {
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/dog/0.png"] = files["train/cat/0.png"]
      try writeFiles(files, to: folder)
      return try packedFile(dataset(at: folder)).bytes
    }
  }

  @Test(arguments: ["train/cat/0.png", "./train/cat/0.png"])
  func hardLinksAreCopies(target: String) throws {
    let link = ArchiveMember.link("train/dog/0.png", to: target)
    try withArchive([link], without: ["train/dog/0.png"]) {
      let bytes = try packedFile($0).bytes
      let copy = try expectedCopy()
      #expect(bytes == copy)
    }
  }

  @Test(arguments: [true, false]) func symbolicLinksToFilesAreCopies(first: Bool) throws {
    let links: [ArchiveMember] = [
      .symbolicLink("train/dog/0.png", to: "../../train/./cat/a-link"),
      .symbolicLink("train/cat/a-link", to: "0.png"),
    ]
    try withTemporaryFolder { folder in
      var files = try smallDataset()
      files["train/dog/0.png"] = files["train/cat/0.png"]
      files["train/cat/a-link"] = files["train/cat/0.png"]
      try writeFiles(files, to: folder)
      let expected = try packedFile(dataset(at: folder)).bytes
      try withArchive(links, without: ["train/dog/0.png"], first: first) {
        let bytes = try packedFile($0).bytes
        #expect(bytes == expected)
        let counts = try $0.inspect(known: nil).summary.trainCounts
        #expect(counts == [4, 3])
      }
    }
  }

  @Test(arguments: ["../../../secret.png", "/etc/passwd", "missing.png", "../cat", "a.png"])
  func linksToAnythingElseAreRefused(target: String) throws {
    try withArchive([.symbolicLink("train/dog/a.png", to: target)]) { definition in
      let message = try message { _ = try definition.inspect(known: nil) }
      #expect(message.contains("'train/dog/a.png'") && message.contains("is a link to"))
    }
  }

  /// The meaning of `..` after a link to a folder depends on the link's target.
  @Test func linksAreNotFollowedThroughLinks() throws {
    let links: [ArchiveMember] = [
      .symbolicLink("train/cat/elsewhere", to: "/etc"),
      .symbolicLink("train/dog/a.png", to: "../cat/elsewhere/../0.png"),
    ]
    for first in [true, false] {
      try withArchive(first ? links : links.reversed(), first: first) { definition in
        let message = try message { _ = try definition.inspect(known: nil) }
        #expect(message.contains("is a link to"))
      }
      try withArchive(
        [
          .symbolicLink("beside", to: "train/cat"),
          .symbolicLink("train/dog/a.png", to: "../../beside/0.png"),
        ], first: first
      ) { definition in
        let message = try message { _ = try definition.inspect(known: nil) }
        #expect(message.contains("'train/dog/a.png'"))
        #expect(message.contains("which leads through another link, 'beside'"))
      }
    }
  }

  @Test func linksThatLeadNowhereCanBeSkipped() throws {
    try withArchive([.symbolicLink("train/dog/a.png", to: "/nowhere/x.png")]) { definition in
      var definition = definition
      definition.unreadable = .skip
      let summary = try packedFile(definition).summary
      #expect(summary.skipped == ["train/dog/a.png"] && summary.trainCounts == [3, 3])
      #expect(
        summary.reasons[0].contains("it is a link to '/nowhere/x.png', which is not a file in it"))
    }
    // A missing class is not an image that can be skipped.
    try withArchive([.symbolicLink("train/emu", to: "/nowhere")]) { definition in
      var definition = definition
      definition.unreadable = .skip
      let message = try message { _ = try definition.inspect(known: nil) }
      #expect(message.contains("'train/emu'") && message.contains("is a link to '/nowhere'"))
    }
  }

  @Test(arguments: ["train", "test/emu"]) func linkedFoldersAreRefused(link: String) throws {
    let removed = link == "train" ? try smallDataset().keys.filter { $0.hasPrefix("train") } : []
    try withArchive([.symbolicLink(link, to: "elsewhere")], without: removed) { definition in
      let message = try message { _ = try definition.inspect(known: nil) }
      #expect(message.contains("'\(link)'") && message.contains("is a link to '"))
    }
  }

  /// A chain of links, the last one to an image.
  private func chain(_ count: Int) -> [ArchiveMember] {
    (1...count).map { number in
      .symbolicLink("train/cat/link-\(number)", to: number == 1 ? "0.png" : "link-\(number - 1)")
    }
  }

  @Test func asManyLinksInARowAreFollowedAsIsSaid() throws {
    try withArchive(chain(40)) {
      let summary = try $0.inspect(known: nil).summary
      #expect(summary.trainCounts == [43, 3])
    }
    try withArchive(chain(41)) { definition in
      let message = try message { _ = try definition.inspect(known: nil) }
      #expect(
        message.contains(
          "is a link to 'train/cat/link-40', which is part of a loop, or followed by more than 40 links"
        ))
    }
  }

  @Test func longChainsOfLinksTakeTimeInProportion() throws {
    try withArchive(chain(50_000)) { definition in
      let message = try message { _ = try definition.inspect(known: nil) }
      #expect(message.contains("by more than 40 links"))
      // It also stops on request.
      #expect(throws: Interrupted.self) {
        try definition.inspect(known: nil, unless: Countdown(1_000).check)
      }
    }
  }

  /// A path of thousands of folders takes little space in a compressed archive.
  @Test func targetsThatNoSystemFollowsAreBroken() throws {
    let detour = String(repeating: "x/../", count: 800)
    try withArchive([.symbolicLink("train/cat/link", to: detour + "0.png")]) {
      let summary = try $0.inspect(known: nil).summary
      #expect(summary.trainCounts == [4, 3])
    }
    try withArchive([.symbolicLink("train/cat/link", to: detour + detour + "0.png")]) {
      definition in
      let message = try message { _ = try definition.inspect(known: nil) }
      #expect(message.contains("is a link to 'x/../") && message.contains("…'"), "\(message)")
    }
  }

  @Test func linksInACircleAreNamed() throws {
    let circle: [ArchiveMember] = [
      .symbolicLink("train/cat/x", to: "y"), .symbolicLink("train/cat/y", to: "x"),
    ]
    try withArchive(circle) { definition in
      let message = try message { _ = try definition.inspect(known: nil) }
      #expect(message.contains("'train/cat/x'") && message.contains("is part of a loop"))
    }
    try withArchive([.symbolicLink("notes/x", to: "x")]) {
      let summary = try $0.inspect(known: nil).summary
      #expect(summary.classes == ["cat", "dog"])
    }
  }

  @Test func membersOutsideAreNotRead() throws {
    try withTemporaryFolder { folder in
      let archive = folder.appending("up.tar")
      try writeArchive(members(try smallDataset(), below: "../data/"), to: archive, kind: .tar)
      let message = try message { _ = try dataset(at: archive).inspect(known: nil) }
      #expect(
        message.contains("members outside the archive are not read: '../data/test/cat/3.png'"))
    }
  }

  @Test func linksBesideTheImagesAreNobodysBusiness() throws {
    try withArchive([.symbolicLink("docs/readme", to: "/nowhere")]) {
      let classes = try $0.inspect(known: nil).summary.classes
      #expect(classes == ["cat", "dog"])
    }
  }

  @Test func aFileThatIsThereTwiceIsRefused() throws {
    let file = try #require(try smallDataset()["train/cat/0.png"])
    try withArchive([.file("train/cat/0.png", file)]) { definition in
      let problem = try message { _ = try definition.inspect(known: nil) }
      #expect(problem.contains("contains 'train/cat/0.png' twice"))
    }
  }

  @Test func foldersWithoutImagesAreNoticed() throws {
    try withArchive([.folder("train/emu"), .folder("test/emu")]) { definition in
      let problem = try message { _ = try definition.inspect(known: nil) }
      #expect(problem.contains("class 'emu' of dataset '"))
    }
  }

  @Test(arguments: [ArchiveKind.tar, .compressedTar, .zip], [0.3, 0.6])
  func aTruncatedArchiveIsNotPacked(kind: ArchiveKind, share: Double) throws {
    try withTemporaryFolder { folder in
      let archive = folder.appending("photos")
      try writeArchive(members(try smallDataset()), to: archive, kind: kind)
      let bytes = try LocalFileSystem().read(archive)
      try LocalFileSystem().write(
        Array(bytes.prefix(Int(Double(bytes.count) * share))), to: archive)
      _ = try message { _ = try packedFile(dataset(at: archive)) }
      let message = try message { _ = try dataset(at: archive).inspect(known: nil) }
      #expect(message.contains("damaged"))
    }
  }

  @Test func aWrongChecksumInAZipIsDamage() throws {
    try withTemporaryFolder { folder in
      let archive = folder.appending("photos.zip")
      // Stored text, so that a changed letter can be found in the file.
      var files = try smallDataset()
      files["train/cat/text"] = Array("PLAIN TEXT THAT IS STORED".utf8)
      try writeArchive(members(files), to: archive, kind: .storedZip)
      var bytes = try LocalFileSystem().read(archive)
      let place = try #require(
        bytes.indices.first { bytes[$0...].starts(with: Array("THAT IS STORED".utf8)) })
      bytes[place] = UInt8(ascii: "t")
      try LocalFileSystem().write(bytes, to: archive)
      var definition = dataset(at: archive)
      definition.unreadable = .skip
      let message = try message { _ = try packedFile(definition) }
      #expect(message.contains("damaged") && message.contains("train/cat/text"))
    }
  }

  @Test(arguments: ["text", "JPEG", "nothing", "mtree"])
  func otherFilesAreNoArchives(kind: String) throws {
    let content: [String: [UInt8]] = [
      "text": Array("just a text\n".utf8),
      "JPEG": try jpeg(gradient(height: 8, width: 8), height: 8, width: 8),
      "nothing": [],
      // A list that would make libarchive read any file of the machine.
      "mtree": Array("#mtree\n./train/a/b type=file contents=/etc/passwd\n".utf8),
    ]
    try withTemporaryFolder { folder in
      let file = folder.appending("photos")
      try LocalFileSystem().write(try #require(content[kind]), to: file)
      let message = try message { _ = try dataset(at: file).inspect(known: nil) }
      #expect(message.contains("not a readable archive") && message.contains(".tar.gz"))
      let kinds = [
        "text": "is text", "JPEG": "is a JPEG image", "nothing": "is empty", "mtree": "is text",
      ]
      let expected = try #require(kinds[kind])
      #expect(message.contains(expected))
    }
  }

  @Test func namesThatAreNotUTF8AreRefused() throws {
    try withTemporaryFolder { folder in
      let archive = folder.appending("photos.tar")
      try writeArchive(members(try smallDataset()), to: archive, kind: .plainTar)
      var bytes = try LocalFileSystem().read(archive)
      let place = try #require(
        bytes.indices.first { bytes[$0...].starts(with: Array("train/dog/0.png".utf8)) })
      bytes[place + 6] = 0xe9
      // The header's checksum is the sum of its bytes, in octal digits.
      let sum = try #require(
        Int(String(decoding: bytes[place + 148..<place + 154], as: UTF8.self), radix: 8))
      let digits = String(sum + 0xe9 - Int(UInt8(ascii: "d")), radix: 8)
      let padded = String(repeating: "0", count: 6 - digits.count) + digits
      bytes.replaceSubrange(place + 148..<place + 154, with: Array(padded.utf8))
      try LocalFileSystem().write(bytes, to: archive)
      let message = try message { _ = try dataset(at: archive).inspect(known: nil) }
      #expect(message.contains("'train/\\xE9og/0.png' in archive '\(archive)'"))
      #expect(message.contains("has a name that is not UTF-8"))
    }
  }
}
