import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Non-ASCII names: decoded if the archive declares their encoding, in any locale.
@Suite struct ArchiveNameTests {
  private let image: [UInt8]

  init() throws { image = try png([1, 2, 3], height: 1, width: 1) }

  /// A zip archive of stored files, written byte by byte, so that names are exactly as given.
  ///
  /// - Parameter declaresUTF8: flag 11, by which Python, 7-Zip and Windows declare that names are UTF-8.
  private func zip(_ files: [(name: [UInt8], bytes: [UInt8])], declaresUTF8: Bool) -> [UInt8] {
    func little(_ number: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    var body: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in files {
      var check = UInt32.max
      for byte in bytes {
        check ^= UInt32(byte)
        for _ in 0..<8 { check = check & 1 == 1 ? 0xedb8_8320 ^ (check >> 1) : check >> 1 }
      }
      let facts =
        little(20, 2) + little(declaresUTF8 ? 1 << 11 : 0, 2) + little(0, 2) + little(0, 4)
        + little(Int(~check), 4) + little(bytes.count, 4) + little(bytes.count, 4)
        + little(name.count, 2) + little(0, 2)
      directory +=
        [0x50, 0x4b, 1, 2] + little(20, 2) + facts + little(0, 2) + little(0, 2) + little(0, 2)
        + little(0, 4) + little(body.count, 4) + name
      body += [0x50, 0x4b, 3, 4] + facts + name + bytes
    }
    return body + directory + [0x50, 0x4b, 5, 6] + little(0, 2) + little(0, 2)
      + little(files.count, 2) + little(files.count, 2) + little(directory.count, 4)
      + little(body.count, 4) + little(0, 2)
  }

  private func files(_ label: String) -> [(name: [UInt8], bytes: [UInt8])] {
    [
      "train/\(label)/1.png", "test/\(label)/1.png", "train/Bär/über.png", "test/Bär/2.png",
    ].map { (Array($0.utf8), image) }
  }

  private func inspected(_ bytes: [UInt8]) throws -> DatasetSummary {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(bytes, to: folder.appending("a.zip"))
      return try dataset(at: folder.appending("a.zip")).inspect(known: nil).summary
    }
  }

  @Test(arguments: [true, false]) func namesInUTF8AreRead(declaresUTF8: Bool) throws {
    let summary = try inspected(zip(files("café"), declaresUTF8: declaresUTF8))
    #expect(summary.classes == ["Bär", "café"])
    let packed = try withTemporaryFolder { folder in
      try LocalFileSystem().write(
        zip(files("草"), declaresUTF8: declaresUTF8), to: folder.appending("a.zip"))
      return try packedFile(dataset(at: folder.appending("a.zip"))).summary
    }
    #expect(packed.classes == ["Bär", "草"] && packed.trainCounts == [1, 1])
  }

  @Test func namesOfAnotherEncodingAreShown() throws {
    let foreign: (name: [UInt8], bytes: [UInt8]) = (
      Array("train/caf".utf8) + [0xe9] + Array("/2.png".utf8), image
    )
    let message = try message {
      _ = try inspected(zip(files("a") + [foreign, foreign], declaresUTF8: false))
    }
    #expect(message.contains("'train/caf\\xE9/2.png' in archive '"))
    #expect(message.contains("has a name that is not UTF-8 (and 1 more like it)"))
    // Outside the images, it is irrelevant.
    let note: (name: [UInt8], bytes: [UInt8]) = ([0xe9, 0xe8] + Array(".txt".utf8), [1])
    let summary = try inspected(zip(files("a") + [note], declaresUTF8: false))
    #expect(summary.classes == ["Bär", "a"])
  }

  /// macOS stores names decomposed: the same files are the same dataset, however they were transferred.
  @Test func theFormOfCharactersMakesNoDifference() throws {
    try withTemporaryFolder { folder in
      func files(_ accent: String) throws -> [String: [UInt8]] {
        var files = try smallDataset()
        for subset in ["train", "test"] {
          for (number, name) in ["a\(accent).png", "az.png", "e\(accent).png"].enumerated() {
            files["\(subset)/caf\(accent)/\(name)"] = try png(
              gradient(height: 6, width: 8, seed: number), height: 6, width: 8)
          }
        }
        return files
      }
      let forms = ["composed": try files("\u{e9}"), "decomposed": try files("e\u{301}")]
      var results: [[UInt8]] = []
      for (form, files) in forms {
        let path = folder.appending(form)
        try writeFiles(files, to: path)
        results.append(try packedFile(dataset(at: path)).bytes)
        let tar = folder.appending("\(form).tar")
        try writeArchive(members(files), to: tar, kind: .plainTar)
        results.append(try packedFile(dataset(at: tar)).bytes)
        for declares in [true, false] {
          let archive = folder.appending("\(form)-\(declares).zip")
          let stored = files.sorted { $0.key < $1.key }.map { (Array($0.key.utf8), $0.value) }
          try LocalFileSystem().write(zip(stored, declaresUTF8: declares), to: archive)
          results.append(try packedFile(dataset(at: archive)).bytes)
        }
      }
      #expect(results.count == 8 && results.allSatisfy { $0 == results[0] })
      // Training images come from a Mac and test images do not.
      let mixed = folder.appending("mixed")
      for (form, subset) in [("composed", "train/"), ("decomposed", "test/")] {
        try writeFiles(forms[form]?.filter { $0.key.hasPrefix(subset) } ?? [:], to: mixed)
      }
      #expect(try packedFile(dataset(at: mixed)).bytes == results[0])
    }
  }
}
