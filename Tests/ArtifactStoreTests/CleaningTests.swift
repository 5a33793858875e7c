import ArtifactStore
import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Cleaning on a real disk, where files have real times.
@Suite struct CleaningTests {
  private let files = LocalFileSystem()

  private var now: Double { SystemTimeSource().now }
  private static let day = 86_400.0

  /// A store with the results of two pipelines: 'test' reads 'base', 'lone' reads nothing.
  private func inStore(_ body: (Store) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let store = Store(at: folder.appending("store"))
      for (name, inputs) in [("base", []), ("test", ["base"]), ("lone", [])] as [(String, [String])]
      {
        var record = sampleRecord(name)
        record.inputs = Dictionary(uniqueKeysWithValues: inputs.map { ($0, Fingerprint(of: $0)) })
        try store.publish(record, texts: ["own": name, "all": "shared"], on: files)
      }
      try body(store)
    }
  }

  private func print(_ name: String) -> Fingerprint { Fingerprint(of: name) }

  private func cleaning(
    _ store: Store, wanted: [String]? = nil, age: Double? = nil, used: [String] = [],
    later: Double = 2 * day, grace: Double = StoreRetention.usualGrace
  ) throws -> StoreCleaning {
    try store.cleaning(
      keeping: StoreRetention(
        wanted: wanted.map { Set($0.map(print)) }, age: age, used: Set(used.map(print)),
        grace: grace),
      now: now + later)
  }

  private func stages(_ cleaning: StoreCleaning) -> [String] { cleaning.records.map(\.stage) }

  @Test func withoutCriteriaOnlyLeftoversGo() throws {
    try inStore { store in
      #expect(try cleaning(store).isEmpty)
      try store.removeRecord(for: print("test"))
      let found = try cleaning(store)
      #expect(found.records.isEmpty)
      #expect(found.objects.map(\.digest) == [Fingerprint(of: "test")])
      // What has just been written may be about to be referenced.
      let early = try cleaning(store, later: 60)
      #expect(early.isEmpty && early.laterBytes == found.objects[0].size && found.laterBytes == 0)
      #expect(try cleaning(store, later: 60, grace: 30).objects == found.objects)
      #expect(try store.clean(found, now: now + Self.day).isEmpty)
      #expect(try !files.exists(store.objectPath(Fingerprint(of: "test"))))
      #expect(try cleaning(store).isEmpty)
      #expect(try store.audit(isRepairing: false).findings.isEmpty)
    }
  }

  /// One leftover that cannot be removed keeps nothing else.
  @Test func whatCannotBeRemovedIsReportedAndTheRestGoes() throws {
    try inStore { store in
      try store.removeRecord(for: print("test"))
      let damaged = store.damagedFolder
      try files.makeFolder(damaged)
      for name in ["one", "two"] { try files.write("x", to: damaged.appending(name)) }
      let found = try cleaning(store)
      let disk = FaultyFileSystem(files, .denied(damaged.appending("one")))
      let failures = try Store(at: store.root, fileSystem: disk).clean(found, now: now + Self.day)
      #expect(failures.count == 1 && "\(failures)".contains("Permission denied"), "\(failures)")
      #expect(try files.names(in: damaged) == ["one"])
      #expect(try !files.exists(store.objectPath(Fingerprint(of: "test"))))
    }
  }

  @Test func whatPipelinesWantAndReadIsKept() throws {
    try inStore { store in
      let found = try cleaning(store, wanted: ["test"])
      #expect(stages(found) == ["lone"])
      #expect(found.objects.map(\.digest) == [Fingerprint(of: "lone")])
      #expect(try stages(cleaning(store, wanted: [])) == ["base", "lone", "test"])
      #expect(try stages(cleaning(store, wanted: [], used: ["test"])) == ["lone"])
      #expect(try store.clean(found, now: now + Self.day).isEmpty)
      #expect(try store.recordedStages() == [print("base"), print("test")])
      #expect(try store.audit(isRepairing: false).findings.isEmpty)
    }
  }

  @Test func whatADamagedRecordMayNeedIsKept() throws {
    try inStore { store in
      let path = store.recordPath(print("test"))
      var bytes = try files.read(path)
      bytes[bytes.count / 2] ^= 1
      try files.remove(path)
      try files.write(bytes, to: path)
      let found = try cleaning(store, age: Self.day)
      #expect(found.unreadableRecords == 1 && found.records.isEmpty && found.objects.isEmpty)
      _ = try store.audit(isRepairing: true)
      let after = try cleaning(store, wanted: ["base"])
      #expect(after.unreadableRecords == 0 && stages(after) == ["lone"])
    }
  }

  @Test func whatADamagedSubmissionMayNeedIsKept() throws {
    try inStore { store in
      try store.keepSubmission(["id": "s1", "over": false], "s1")
      #expect(try stages(cleaning(store, wanted: ["base"])) == ["lone", "test"])
      let path = store.submissionFolder("s1").appending("submission.json")
      var bytes = try files.read(path)
      bytes[12] ^= 1
      try files.remove(path)
      try files.write(bytes, to: path)
      let found = try cleaning(store, wanted: ["base"])
      #expect(found.unreadableSubmissions == 1 && found.records.isEmpty && found.objects.isEmpty)
      _ = try store.audit(isRepairing: true)
      #expect(try stages(cleaning(store, wanted: ["base"])) == ["lone", "test"])
    }
  }

  @Test func whatIsYoungIsKept() throws {
    try inStore { (store) throws in
      #expect(try cleaning(store, age: 3 * Self.day).isEmpty)
      #expect(try stages(cleaning(store, age: Self.day)).count == 3)
      #expect(try cleaning(store, wanted: [], age: 3 * Self.day).isEmpty)
      #expect(try stages(cleaning(store, wanted: ["base"], age: Self.day)) == ["lone", "test"])
    }
  }

  @Test func objectThatIsFoundUsefulMeanwhileStays() throws {
    try inStore { store in
      try store.removeRecord(for: print("test"))
      let found = try cleaning(store)
      #expect(found.objects.count == 1)
      // Shown first, removed later: a run has published the same content in between.
      try store.publish(sampleRecord("other"), texts: ["own": "test"], on: files)
      #expect(try store.clean(found, now: now).isEmpty)
      #expect(try store.artifact(for: print("other")).content != nil)
    }
  }

  @Test func checkpointsOfUnfinishedStagesAreKeptAndOthersGo() throws {
    try inStore { store in
      let way = Fingerprint(of: "way")
      func mark(_ iteration: Int) -> TrainingMark {
        TrainingMark(iteration: iteration, perEpoch: 5, rates: Fingerprint(of: "rates"))
      }
      func keep(_ stage: String, _ iteration: Int) throws {
        let folder = try store.makeWorkspace()
        try files.write("state", to: folder.appending("weights"))
        try store.keepCheckpoint(folder, at: mark(iteration), of: stage, print(stage), on: way)
      }
      try store.noteFinished("base", print("base"), at: mark(20), on: way)
      try keep("unfinished", 10)
      try keep("lone", 5)
      func gone(_ cleaning: StoreCleaning) -> [String] {
        cleaning.checkpoints.map(\.stage).sorted()
      }
      // 'lone' is finished, so its checkpoint is useless.
      #expect(try gone(cleaning(store)) == ["lone"])
      #expect(
        try gone(cleaning(store, wanted: ["base", "lone", "test"])) == ["lone", "unfinished"])
      #expect(try gone(cleaning(store, wanted: ["test", "unfinished"])) == ["lone"])
      let all = try cleaning(store, wanted: [])
      #expect(gone(all) == ["base", "lone", "unfinished"])
      #expect(try store.clean(all, now: now + Self.day).isEmpty)
      #expect(try store.checkpoints(on: way).isEmpty)
    }
  }

  @Test func unfinishedWorkIsKeptWhileSomebodyMayGoOnWithIt() throws {
    try inStore { store in
      func keep(_ stage: String) throws {
        let folder = store.unfinishedWork(of: print(stage)).appending("left~1")
        try files.makeFolder(folder)
        try files.write("half", to: folder.appending("file"))
      }
      for stage in ["lone", "wanted", "unwanted", "running"] { try keep(stage) }
      let holder = ClaimHolder(
        fingerprint: print("running"), stage: "running", pipeline: "p", run: "r", since: 1)
      _ = try store.claim(for: holder)
      #expect(try store.usage().checkpoints == 16)
      // 'lone' is finished, so its unfinished work from a killed run is useless.
      #expect(try cleaning(store).unfinished == [print("lone")])
      #expect(try cleaning(store, wanted: ["wanted"], later: 60).unfinished == [print("lone")])
      let found = try cleaning(store, wanted: ["wanted"])
      #expect(Set(found.unfinished) == [print("lone"), print("unwanted")])
      #expect(try store.clean(found, now: now + Self.day).isEmpty)
      #expect(
        Set(try files.names(in: store.root.appending("unfinished")))
          == [print("wanted").hexadecimal, print("running").hexadecimal])
    }
  }

  @Test func aRunRemovesTheUnfinishedWorkOfFinishedStages() throws {
    try inStore { store in
      for stage in ["lone", "other"] {
        try files.makeFolder(store.unfinishedWork(of: print(stage)))
      }
      try store.openForWriting()
      #expect(try !files.exists(store.unfinishedWork(of: print("lone"))))
      #expect(try files.exists(store.unfinishedWork(of: print("other"))))
    }
  }

  @Test func activationsOfYesterdayGoAndAreCounted() throws {
    try inStore { store in
      #expect(try store.usage().activations == 0)
      let file = try store.makeWorkspace().appending("new")
      try files.write("activations", to: file)
      let key = print("key")
      try store.keepActivations(file, as: key, budget: 100)
      let usage = try store.usage()
      #expect(usage.activations == 11 && usage.total >= 11)
      #expect(try cleaning(store, later: 60).activations.isEmpty)
      let found = try cleaning(store)
      #expect(found.activations == [store.activationsPath(key)] && found.bytes == 11)
      #expect(try store.clean(found, now: now + Self.day).isEmpty)
      #expect(try !files.exists(store.activationsPath(key)))
    }
  }

  @Test func leftClaimsWorkspacesAndDamagedFilesGo() throws {
    try inStore { store in
      let gone = Store(at: store.root, process: goneProcess)
      _ = try gone.makeWorkspace()
      let holder = ClaimHolder(
        fingerprint: print("x"), stage: "x", pipeline: "p", run: "r", since: 1)
      _ = try gone.claim(for: holder)
      let own = try store.makeWorkspace()
      try files.makeFolder(store.damagedFolder)
      try files.write("x", to: store.damagedFolder.appending("y"))
      // What another machine's process has not touched for a day, by a clock that may be wrong.
      let silent = Store(at: store.root, process: ProcessIdentity("elsewhere~1~2")!)
      _ = try silent.makeWorkspace()
      #expect(try cleaning(store, later: 60).workspaces.count == 1)
      let found = try cleaning(store, later: 2 * Self.day)
      #expect(found.workspaces.count == 2 && found.damaged.count == 1)
      #expect(try store.clean(found, now: now).isEmpty)
      #expect(try files.names(in: store.root.appending("tmp")) == [own.lastComponent!.string])
      #expect(try files.names(in: store.root.appending("claims")).isEmpty)
      #expect(try files.names(in: store.damagedFolder).isEmpty)
    }
  }
}
