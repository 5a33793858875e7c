import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

@Suite struct StudyArchiveTests {
  private func other(_ disk: MemoryFileSystem) -> Store {
    Store(at: "other/store", fileSystem: disk)
  }

  @Test func aStudyArrivesWithAllThatIsKnownOfIt() throws {
    try StudyFixture.inFolder { study in
      let disk = MemoryFileSystem()
      let taken = try study.take(on: disk)
      let store = other(disk)
      for name in ["base-A", "base-B"] {
        let fingerprint = Fingerprint(of: name)
        let old = try #require(try study.store.artifact(for: fingerprint).content)
        let new = try #require(try store.artifact(for: fingerprint).content)
        #expect(new.record == old.record)
        #expect(try store.verify(new.record) == [])
      }
      #expect(taken.records.new.count == 2 && taken.objects.new.count == 4)
      #expect(taken.files.new.count == 2 && taken.pipelines == ["other/p.yaml"])
      #expect(taken.settings == ["epochs=20"])
      #expect(try disk.read("other/nets/n.yaml") == Array("networks".utf8))
      #expect(
        try store.latestRuns(of: "p").fingerprint(of: "base-A") == Fingerprint(of: "base-A"))
      #expect(try store.latestRuns(of: "p").fingerprint(of: "unfinished") == nil)
      func remembered(_ kind: OutsideSource.Kind, _ pipeline: String, _ path: String) -> Value? {
        store.remembered(OutsideSource(kind: kind, pipeline: pipeline, path: path))
      }
      #expect(remembered(.dataset, "p", "../data") == ["digest": "x"])
      #expect(remembered(.weights, "p", "w.safetensors") == ["shapes": [:]])
      #expect(remembered(.dataset, "q", "../data") == nil)
      #expect(remembered(.classes, "p", "../data") == nil)
      let end = try #require(try store.checkpoints(on: Fingerprint(of: "way")).first)
      #expect(end.origin == .finished && end.stage == "base-B" && end.mark.iteration == 20)
      #expect(try store.audit(isRepairing: false).findings.isEmpty)
      #expect(try disk.names(in: "other/store/tmp").isEmpty)
    }
  }

  @Test func aSecondImportDoesNothing() throws {
    try StudyFixture.inFolder { study in
      let disk = MemoryFileSystem()
      try study.take(on: disk)
      let before = disk.files
      let again = try study.take(on: disk)
      #expect(disk.files == before)
      #expect(again.records.new.count == 0 && again.records.known.count == 2)
      #expect(again.objects.new.count == 0 && again.objects.known.count == 4)
      #expect(again.files.known.count == 2 && again.differing == [])
    }
  }

  @Test func theSameContentMakesTheSameBytes() throws {
    try StudyFixture.inFolder { study in
      let first = try LocalFileSystem().read(study.archive)
      let taken = MemoryFileSystem()
      try study.take(on: taken)
      var selection = study.selection
      selection.files = ["p.yaml": "other/p.yaml", "nets/n.yaml": "other/nets/n.yaml"]
      _ = try other(taken).export(selection, to: study.archive)
      #expect(try LocalFileSystem().read(study.archive) == first)
    }
  }

  @Test func whatWouldBeDoneIsToldWithoutDoingIt() throws {
    try StudyFixture.inFolder { study in
      let disk = MemoryFileSystem()
      let manifest = try StudyArchive(study.archive).manifest
      let before = try other(disk).survey(manifest, filesTo: "other")
      #expect(disk.files.isEmpty)
      let taken = try study.take(on: disk)
      #expect(before.value == taken.value)
      try LocalFileSystem().remove(study.archive)
      let export = try study.store.export(study.selection, to: nil)
      #expect(export.manifest == manifest && export.bytes == nil)
      #expect(export.stages == 3 && export.finished == 2)
      #expect(try !LocalFileSystem().exists(study.archive))
    }
  }

  @Test func whatIsThereIsNotReplaced() throws {
    try StudyFixture.inFolder { study in
      let disk = MemoryFileSystem()
      let store = other(disk)
      var record = sampleRecord("base-A")
      record.seconds = 99
      try store.publish(record, texts: ["weights": "others"], on: disk)
      try store.setLatest(Fingerprint(of: "new"), of: "base-A", in: "p")
      try disk.append(Array("mine".utf8), to: "other/p.yaml")
      let taken = try study.take(on: disk)
      #expect(try store.artifact(for: Fingerprint(of: "base-A")).content?.record.seconds == 99)
      #expect(try store.latestRuns(of: "p").fingerprint(of: "base-A") == Fingerprint(of: "new"))
      #expect(try disk.read("other/p.yaml") == Array("mine".utf8))
      #expect(taken.differing == ["other/p.yaml"])
      #expect(taken.records.known.count == 1 && taken.records.new.count == 1)
    }
  }

  @Test func whatIsDamagedIsMended() throws {
    try StudyFixture.inFolder { study in
      let disk = MemoryFileSystem()
      try study.take(on: disk)
      let store = other(disk)
      let artifact = try #require(try store.artifact(for: Fingerprint(of: "base-A")).content)
      disk.damage(artifact.files["weights"]!) { $0[0] ^= 1 }
      disk.damage(store.recordPath(Fingerprint(of: "base-B"))) { $0[70] ^= 1 }
      let again = try study.take(on: disk)
      #expect(again.objects.new.count == 1 && again.records.new.count == 1)
      #expect(try store.audit(isRepairing: false).findings.isEmpty)
    }
  }

  @Test func damagedResultsAreNotExported() throws {
    try StudyFixture.inFolder { study in
      let artifact = try #require(
        try study.store.artifact(for: Fingerprint(of: "base-A")).content)
      study.files.damage(artifact.files["weights"]!) { $0[0] ^= 1 }
      let before = try LocalFileSystem().read(study.archive)
      #expect(throws: DiagnosticError.self) { try study.export() }
      // The earlier archive remains.
      #expect(try LocalFileSystem().read(study.archive) == before)
      try study.files.remove(artifact.files["weights"]!)
      #expect(try study.export().finished == 1)
    }
  }

  @Test func anInterruptedExportOrImportLeavesNothingHalfDone() throws {
    try StudyFixture.inFolder { study in
      let before = try LocalFileSystem().read(study.archive)
      for count in 1...6 {
        #expect(throws: Interrupted.self) {
          try study.store.export(
            study.selection, to: study.archive, unless: Countdown(count).check)
        }
        let disk = MemoryFileSystem()
        #expect(throws: Interrupted.self) {
          try study.take(on: disk, unless: Countdown(count).check)
        }
        #expect(try other(disk).audit(isRepairing: false).findings.isEmpty)
      }
      #expect(try LocalFileSystem().read(study.archive) == before)
      #expect(try LocalFileSystem().names(in: study.folder) == ["study.tar"])
    }
  }

  /// Imports with a fault at each step in turn.
  private func atEachStep(
    _ study: StudyFixture, _ fault: (Int) -> MemoryFileSystem.Fault,
    _ check: (MemoryFileSystem) throws -> Void
  ) throws {
    var step = 1
    while true {
      let disk = MemoryFileSystem()
      disk.setFault(fault(step))
      if (try? study.take(on: disk)) != nil { break }
      try check(disk)
      step += 1
    }
    #expect(step > 40)
  }

  private func expectValid(_ disk: MemoryFileSystem, _ study: StudyFixture) throws {
    let store = other(disk)
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
    try study.take(on: disk)
    #expect(try store.recordedStages().count == 2)
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
  }

  @Test func anImportThatStopsAnywhereLeavesAValidStoreAndCanBeRepeated() throws {
    try StudyFixture.inFolder { study in
      try atEachStep(study, { .crash(at: $0) }) { files in
        for losingNames in [false, true] {
          try expectValid(files.afterCrash(losingNames: losingNames), study)
        }
      }
      try atEachStep(study, { .from($0, .noSpace) }) { disk in
        disk.setFault(nil)
        try expectValid(disk, study)
      }
    }
  }
}
