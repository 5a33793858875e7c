import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

/// Invalid archives: each is rejected with a clear error, and does no harm.
@Suite struct BadStudyArchiveTests {
  /// Imports and expects an error that contains some words, and a store without problems.
  private func expectRefusal(
    _ study: StudyFixture, _ words: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    let disk = MemoryFileSystem()
    #expect(sourceLocation: location) {
      try study.take(on: disk)
    } throws: { error in
      let error = error as? DiagnosticError
      let text = error?.description ?? "no diagnostic"
      if !text.contains(words) { Issue.record("\(text)", sourceLocation: location) }
      return error != nil
    }
    let store = Store(at: "other/store", fileSystem: disk)
    #expect(
      try store.audit(isRepairing: false).findings.isEmpty, sourceLocation: location)
    for path in disk.files.keys {
      #expect(path.hasPrefix("other/"), sourceLocation: location)
    }
  }

  @Test(arguments: [
    "files/../../evil", "files//etc/passwd", "/etc/passwd", "../evil", "files/.profile",
    "files/a/../b", "files/", "objects/abc", "records/x.json", "checkpoints/a/b/c", "evil",
    "claims/x",
  ])
  func pathsThatNoStudyHoldsAreRefused(path: String) throws {
    try StudyFixture.inFolder { study in
      try study.rewriteManifest { manifest in
        var entries = manifest["entries"]?.asList ?? []
        entries.append([
          "path": .string(path), "size": 0, "digest": .string(Fingerprint(of: "").hexadecimal),
        ])
        manifest["entries"] = .list(entries)
      }
      try expectRefusal(study, "'entries' contains an invalid entry")
    }
  }

  @Test func aMemberOfAnotherPathThanListedIsRefused() throws {
    for path in ["../evil", "/evil", "files/../evil"] {
      try StudyFixture.inFolder { study in
        try study.rewrite { $0[2].path = path }
        try expectRefusal(study, "does not match its list of contents")
      }
    }
  }

  @Test func linksAreRefused() throws {
    for position in [1, 5, 7] {
      for isSymbolic in [true, false] {
        try StudyFixture.inFolder { study in
          let members = try readArchive(study.archive)
          try writeArchive(
            members.enumerated().map { index, member in
              guard index == position else { return .file(member.path, member.bytes) }
              return isSymbolic
                ? .symbolicLink(member.path, to: "/etc/passwd")
                : .link(member.path, to: members[0].path)
            }, to: study.archive, kind: .tar)
          try expectRefusal(study, "not a regular file")
        }
      }
    }
  }

  @Test func listsThatTakeFarMoreMemoryThanTextAreRefused() throws {
    try StudyFixture.inFolder { study in
      try study.rewrite { members in
        let zeros = String(repeating: "0,", count: 5_000_000)
        members[0].bytes = Array("{\"study\":[\(zeros)0]}\n".utf8)
      }
      try expectRefusal(study, "the archive's list of contents cannot be used")
    }
  }

  @Test func sizesBeyondAllDisksAreRefused() throws {
    try StudyFixture.inFolder { study in
      try study.rewriteManifest { manifest in
        manifest["entries"] = .list(
          (manifest["entries"]?.asList ?? []).map { entry in
            var entry = entry.asMap ?? [:]
            entry["size"] = .integer(.max)
            return .map(entry)
          })
      }
      try expectRefusal(study, "'entries' contains an invalid entry")
    }
  }

  @Test func otherFormatsAreRefused() throws {
    try StudyFixture.inFolder { study in
      try study.rewriteManifest { $0["format"] = 2 }
      try expectRefusal(study, "has format 2, but this program reads format 1")
      try study.rewriteManifest { $0["format"] = nil }
      try expectRefusal(study, "no format")
      try study.rewriteManifest { $0["format"] = 1 }
      try study.take(on: MemoryFileSystem())
    }
  }

  @Test func whatIsNoStudyIsRefused() throws {
    try StudyFixture.inFolder { study in
      try writeArchive([.file("a", [1])], to: study.archive, kind: .tar)
      try expectRefusal(study, "but not one of a study")
      try writeArchive([.file("cambium-study.json", [1])], to: study.archive, kind: .tar)
      try expectRefusal(study, "it is not JSON")
      try writeArchive([.file("cambium-study.json", [1])], to: study.archive, kind: .zip)
      try expectRefusal(study, "is damaged or not a readable archive")
      try LocalFileSystem().write("text", to: study.archive)
      try expectRefusal(study, "is what 'cambium store export' writes")
      try LocalFileSystem().remove(study.archive)
      try expectRefusal(study, "there is no file")
    }
  }

  @Test func cutOffArchivesAreRefusedWhereverTheyEnd() throws {
    try StudyFixture.inFolder { study in
      let bytes = try LocalFileSystem().read(study.archive)
      let end = try readArchive(study.archive).reduce(0) {
        $0 + 512 + ($1.bytes.count + 511) / 512 * 512
      }
      for count in stride(from: 0, to: end, by: 256) {
        try LocalFileSystem().write(Array(bytes[..<count]), to: study.archive)
        try expectRefusal(study, "study.tar'")
      }
    }
  }

  @Test func aChangedByteAnywhereIsFound() throws {
    try StudyFixture.inFolder { study in
      let members = try readArchive(study.archive)
      for index in members.indices where !members[index].bytes.isEmpty {
        try study.rewrite { $0[index].bytes[$0[index].bytes.count / 2] ^= 1 }
        try expectRefusal(study, index == 0 ? "list of contents" : "is damaged")
        try study.rewrite { $0 = members }
      }
    }
  }

  @Test func moreOrLessThanListedIsRefused() throws {
    try StudyFixture.inFolder { study in
      let members = try readArchive(study.archive)
      try study.rewrite { $0.append(("files/more", [1])) }
      try expectRefusal(study, "which is not in its list of contents")
      try study.rewrite {
        $0 = members
        $0.remove(at: 3)
      }
      try expectRefusal(study, "does not match its list of contents")
      try study.rewrite {
        $0 = members
        $0.swapAt(1, 2)
      }
      try expectRefusal(study, "does not match its list of contents")
      try study.rewrite {
        $0 = members
        $0[1].bytes += [0]
      }
      try expectRefusal(study, "is damaged")
    }
  }

  @Test func aResultWithoutItsObjectsIsRefused() throws {
    try StudyFixture.inFolder { study in
      let members = try readArchive(study.archive)
      let object = try #require(members.first { $0.path.hasPrefix("objects/") })
      try study.rewriteManifest { manifest in
        manifest["entries"] = .list(
          (manifest["entries"]?.asList ?? []).filter { $0["path"] != .string(object.path) })
      }
      try study.rewrite { $0.removeAll { $0.path == object.path } }
      try expectRefusal(study, "but not all of it")
    }
  }

  @Test func aRecordUnderAnothersNameIsRefused() throws {
    try StudyFixture.inFolder { study in
      let members = try readArchive(study.archive)
      let records = members.indices.filter { members[$0].path.hasPrefix("records/") }
      let (first, second) = (records[0], records[1])
      try study.rewrite { $0[first].bytes = members[second].bytes }
      try study.rewriteManifest { manifest in
        var entries = manifest["entries"]?.asList ?? []
        entries[first - 1] = [
          "path": .string(members[first].path), "size": .integer(members[second].bytes.count),
          "digest": .string(Fingerprint(of: members[second].bytes).hexadecimal),
        ]
        manifest["entries"] = .list(entries)
      }
      try expectRefusal(study, "it belongs to another stage")
    }
  }
}
