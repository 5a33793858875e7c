import ArtifactStore
import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct AuditTests {
  private let files = MemoryFileSystem()
  private let store: Store
  private let artifact: StoredArtifact

  init() throws {
    store = Store(at: "store", fileSystem: files)
    artifact = try store.publish(sampleRecord(), texts: ["weights": "0.5", "log": "x"], on: files)
    try store.publish(sampleRecord("base-B"), texts: ["weights": "0.25"], on: files)
  }

  private func keepCheckpoint() throws -> Fingerprint {
    let trajectory = Fingerprint(of: "way")
    let folder = try store.makeWorkspace()
    try files.append(Array("state".utf8), to: folder.appending("weights"))
    // Folders of this disk cannot be moved, so the file is put into place directly.
    let mark = TrainingMark(iteration: 10, perEpoch: 5, rates: Fingerprint(of: "rates"))
    let name = "10~5~\(mark.rates)~\(Fingerprint(of: "base-C"))"
    let target = FilePath("store/checkpoints").appending(trajectory.hexadecimal).appending(name)
    try files.makeFolder(target)
    try files.write("state", to: target.appending("weights"))
    let digest = Fingerprint(of: "state").hexadecimal
    let index: Value = [
      "format": 1, "stage": "base-C",
      "files": ["weights": ["digest": .string(digest), "size": 5]],
    ]
    try files.write(index.json(), to: target.appending("checkpoint.json"))
    try store.removeWorkspace(folder)
    return trajectory
  }

  @Test func wholeStoreIsAllWell() throws {
    _ = try keepCheckpoint()
    let audit = try store.audit(isRepairing: false)
    #expect(audit.findings.isEmpty)
    #expect(audit.records == 2 && audit.objects == 3 && audit.checkpoints == 1)
  }

  @Test func everyKindOfDamageIsFoundAndSetAside() throws {
    let trajectory = try keepCheckpoint()
    files.damage(artifact.files["weights"]!) { $0[0] ^= 1 }
    try files.remove(artifact.files["log"]!)
    files.damage(store.recordPath(Fingerprint(of: "base-B"))) { $0[100] ^= 1 }
    let state = try #require(try store.checkpoints(on: trajectory).first)
    files.damage(state.path.appending("weights")) { $0[0] ^= 1 }
    let before = files.files
    let audit = try store.audit(isRepairing: false)
    let stage =
      "stage 'base-A' of pipeline 'general to specific' (\(Fingerprint(of: "base-A").short))"
    let record = "record \(Fingerprint(of: "base-B").short): its record is damaged"
    #expect(
      audit.findings.map { "\($0.what): \($0.damage)" }.sorted().map { text in
        text.hasPrefix(record) ? record : text
      } == [
        "checkpoint of stage 'base-C' at iteration 10: a file of it is missing or has changed",
        record,
        "\(stage): its output 'log' is missing",
        "\(stage): the content of its output 'weights' has changed",
      ])
    #expect(files.files == before)
    // A plan sees the other damaged result, and the one whose output is missing.
    #expect(audit.hidden == 1)
  }

  @Test func repairedStoreIsAllWell() throws {
    files.damage(artifact.files["weights"]!) { $0[0] ^= 1 }
    files.damage(store.recordPath(Fingerprint(of: "base-B"))) { $0[100] ^= 1 }
    #expect(try store.audit(isRepairing: true).findings.count == 2)
    let audit = try store.audit(isRepairing: false)
    #expect(audit.findings.isEmpty && audit.records == 0)
    // The object, and two records.
    #expect(try files.names(in: store.damagedFolder).count == 3)
    #expect(try store.record(for: sampleRecord().fingerprint).isAbsent)
  }

  @Test func anObjectThatTheDiskCannotReadIsSetAsideAndTheOthersAreExamined() throws {
    files.damage(artifact.files["log"]!) { $0[0] ^= 1 }
    let disk = FaultyFileSystem(files, .unreadable(artifact.files["weights"]!))
    let audit = try Store(at: "store", fileSystem: disk).audit(isRepairing: true)
    #expect(audit.findings.count == 2, "\(audit.findings)")
    #expect(audit.findings.contains { "\($0.damage)".contains("Input/output error") })
    #expect(audit.objects == 3)
    // It is computed again, and the other result is untouched.
    #expect(try store.record(for: sampleRecord().fingerprint).isAbsent)
    #expect(try store.artifact(for: Fingerprint(of: "base-B")).content != nil)
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
  }

  @Test(arguments: [MemoryFileSystem.Loss.content, .everything])
  func filesThatTheDiskHasLostAreSetAsideAndTheOthersAreExamined(
    loss: MemoryFileSystem.Loss
  ) throws {
    try store.setInspection(["size": 3], for: "key")
    try store.setLatest(Fingerprint(of: "1"), of: "stage", in: "p")
    try store.publish(sampleRecord("base-C"), texts: ["weights": "0.125"], on: files)
    let weights = try #require(artifact.record.outputs["weights"])
    files.lose(loss, of: store.objectPath(weights.digest))
    files.lose(loss, of: store.recordPath(Fingerprint(of: "base-B")))
    for folder in ["latest", "inspections"] {
      for path in files.files.keys where path.hasPrefix("store/\(folder)/") {
        files.lose(loss, of: FilePath(path))
      }
    }
    let fingerprint = artifact.record.fingerprint
    // Looking at a file does not read its content.
    if case .everything = loss {
      let damage = try #require(try store.artifact(for: fingerprint).damage)
      #expect("\(damage)".contains("its output 'weights' cannot be read"))
    }
    #expect("\(try store.verify(artifact.record))".contains("Input/output error"))
    #expect(try store.usage().rows.count == 1)
    #expect(try store.audit(isRepairing: false).findings.count == 4)
    #expect(try store.audit(isRepairing: true).findings.count == 4)
    let after = try store.audit(isRepairing: false)
    #expect(after.findings.isEmpty, "\(after.findings)")
    #expect(try store.records().map(\.stage) == ["base-C"])
    // All of it can be written again.
    try store.publish(sampleRecord(), texts: ["weights": "0.5", "log": "x"], on: files)
    try store.setInspection(["size": 3], for: "key")
    #expect(try store.artifact(for: fingerprint).content != nil)
    #expect(store.inspection(for: "key") == ["size": 3])
  }

  @Test func anObjectThatTheDiskHasLostIsReplacedBeforeItIsSetAside() throws {
    let weights = try #require(artifact.record.outputs["weights"])
    files.lose(.everything, of: store.objectPath(weights.digest))
    try store.publish(sampleRecord(), texts: ["weights": "0.5", "log": "x"], on: files)
    #expect(try store.verify(artifact.record).isEmpty)
  }

  @Test(arguments: ["objects", "records", "latest", "checkpoints", "claims", "inspections"])
  func whatCannotBeListedIsFoundAndTheRestIsExamined(folder: String) throws {
    _ = try keepCheckpoint()
    try store.setInspection(["size": 3], for: "key")
    try store.setLatest(Fingerprint(of: "1"), of: "stage", in: "p")
    try files.makeFolder("store/claims")
    files.damage(artifact.files["log"]!) { $0[0] ^= 1 }
    let inspection = try #require(files.files.keys.first { $0.contains("/inspections/") })
    files.damage(FilePath(inspection)) { $0[3] ^= 1 }
    var lost = FilePath("store").appending(folder)
    // One of the many folders of results.
    if folder == "objects" {
      lost = store.objectPath(artifact.record.outputs["weights"]!.digest).removingLastComponent()
    }
    files.lose(.content, of: lost)
    for isRepairing in [false, true] {
      let audit = try store.audit(isRepairing: isRepairing)
      let found = audit.findings.map { "\($0.what): \($0.damage)" }
      let what = found.filter { $0.contains("cannot list '\(lost)'") }
      #expect(!what.isEmpty && what.allSatisfy { $0.hasSuffix("it stays there") }, "\(found)")
      if folder != "records" {
        #expect(found.contains { $0.contains("the content of its output 'log'") }, "\(found)")
      }
      if folder != "inspections" {
        #expect(found.contains { $0.contains("has changed since it was written") }, "\(found)")
      }
    }
  }

  /// It may be intact, and setting it aside would have it computed again.
  @Test func whatThisUserMayNotReadIsFoundAndStays() throws {
    _ = try keepCheckpoint()
    try store.setInspection(["size": 3], for: "key")
    try store.setLatest(artifact.record.fingerprint, of: "stage", in: "p")
    try store.note(.damaged("it is"), of: Fingerprint(of: "another"))
    try files.makeFolder("store/claims")
    try files.makeFolder("store/tmp")
    try files.makeFolder("store/logs")
    try files.write("text", to: "store/logs/run.jsonl")
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
    let before = files.files
    let folders = ["objects", "records", "latest", "checkpoints", "claims", "tmp", "logs"].map {
      FilePath("store/\($0)")
    }
    let own = Set(["store/store.json", "store/.gitignore"])
    let paths = folders + before.keys.filter { !own.contains($0) }.sorted().map { FilePath($0) }
    for path in paths {
      let disk = FaultyFileSystem(files, .denied(path))
      let audit = try Store(at: "store", fileSystem: disk).audit(isRepairing: true)
      #expect(!audit.findings.isEmpty, "\(path)")
      for finding in audit.findings {
        #expect(
          finding.state == .denied && finding.damage.hasSuffix("it stays there"), "\(finding)")
        #expect(finding.damage.contains("Permission denied"), "\(finding)")
      }
      #expect(files.files == before, "\(path)")
    }
    // What only saves time is as good as absent.
    let fingerprint = artifact.record.fingerprint
    for folder in ["unfinished", "latest", "logs", "claims"] {
      let denied = Store(
        at: "store", fileSystem: FaultyFileSystem(files, .denied(FilePath("store/\(folder)"))))
      #expect(try !denied.hasUnfinishedWork(of: fingerprint))
      #expect(try denied.abandonedStarts().isEmpty && denied.readableLogNames().count <= 1)
      _ = try denied.latestRuns(of: "p").fingerprint(of: "stage")
    }
    // Nor does a run set it aside: it fails.
    let weights = try #require(artifact.files["weights"])
    for path in [weights, store.recordPath(artifact.record.fingerprint)] {
      let denied = Store(at: "store", fileSystem: FaultyFileSystem(files, .denied(path)))
      #expect(throws: DiagnosticError.self) {
        _ = try denied.artifact(for: artifact.record.fingerprint)
      }
      #expect(throws: DiagnosticError.self) {
        var probe = ArtifactProbe(denied)
        _ = try probe.outputs(for: artifact.record.fingerprint)
      }
    }
  }

  @Test func whatTheLatestRunsHadAndTheStoreHasNotIsCounted() throws {
    try store.setLatest(artifact.record.fingerprint, of: "stage", in: "p")
    try store.setLatest(Fingerprint(of: "base-B"), of: "other", in: "p")
    #expect(try store.audit(isRepairing: false).missing == 0)
    try files.remove(store.recordPath(artifact.record.fingerprint))
    let audit = try store.audit(isRepairing: false)
    #expect(audit.missing == 1 && audit.findings.isEmpty)
  }

  @Test(arguments: [
    "objects", "records", "latest", "claims", "tmp", "logs", "unfinished", "damaged",
  ])
  func aFileInThePlaceOfAFolderIsFoundAndSetAside(name: String) throws {
    for isRun in [false, true] {
      let files = MemoryFileSystem()
      let store = Store(at: "store", fileSystem: files)
      try store.openForWriting()
      let folder = FilePath("store/\(name)")
      try files.remove(folder)
      try files.write("x", to: folder)
      let found = try store.audit(isRepairing: false).findings
      #expect(found.map { "\($0.what): \($0.damage)" } == ["file '\(name)': it is not a folder"])
      if isRun {
        try store.openForWriting()
      } else {
        #expect(try store.audit(isRepairing: true).findings.map(\.state) == [.setAside])
      }
      #expect(try store.audit(isRepairing: false).findings.isEmpty)
      #expect(try files.names(in: store.damagedFolder).count == 1)
      try store.publish(sampleRecord(), texts: ["weights": "0.5"], on: files)
      #expect(try store.artifact(for: sampleRecord().fingerprint).content != nil)
    }
  }

  /// It may lead to a disk that is not mounted.
  @Test(arguments: ["objects", "records", "latest", "claims", "tmp", "damaged"])
  func aLinkToNothingInThePlaceOfAFolderIsNamedAndStays(name: String) throws {
    try withTemporaryFolder { folder in
      let store = Store(at: folder.appending("store"))
      try store.openForWriting()
      try LocalFileSystem().makeFolder(folder.appending("store/tmp"))
      let link = folder.appending("store").appending(name)
      try LocalFileSystem().remove(link)
      #expect(symlink("nowhere/at-all", link.string) == 0)
      for isRepairing in [false, true] {
        let findings = try store.audit(isRepairing: isRepairing).findings
        #expect(
          findings.map { "\($0.what): \($0.damage)" }
            == ["file '\(name)': it is a link to nothing; it stays there"])
      }
      let error = #expect(throws: DiagnosticError.self) { try store.openForWriting() }
      #expect("\(error!)".contains("'\(link)' is a link to nothing"))
      #expect(store.folderProblems.first?.contains("'\(link)' is a link to nothing") == true)
      #expect(try LocalFileSystem().status(of: link, followingLinks: false) != nil)
    }
  }

  /// Nothing that is read waits for a writer.
  @Test(.timeLimit(.minutes(1))) func aPipeInThePlaceOfAFileIsDamage() throws {
    try withTemporaryFolder { folder in
      let files = LocalFileSystem()
      let store = Store(at: folder.appending("store"))
      let artifact = try store.publish(sampleRecord(), texts: ["weights": "0.5"], on: files)
      try store.setInspection(["size": 3], for: "key")
      try store.setLatest(artifact.record.fingerprint, of: "stage", in: "p")
      let notes = try ["inspections", "latest"].flatMap { name in
        try Self.files(below: store.root.appending(name))
      }
      let paths =
        [store.recordPath(artifact.record.fingerprint), store.root.appending("store.json")] + notes
      #expect(paths.count == 4)
      for path in paths {
        try files.remove(path)
        #expect(mkfifo(path.string, 0o600) == 0)
      }
      var probe = ArtifactProbe(store)
      #expect(probe.sight(of: artifact.record.fingerprint) == .unclear)
      #expect(try probe.outputs(for: artifact.record.fingerprint).damage != nil)
      #expect(store.inspection(for: "key") == nil)
      #expect(try store.audit(isRepairing: false).findings.count == 4)
      #expect(
        try store.audit(isRepairing: true).findings.map(\.state)
          == Array(repeating: .setAside, count: 4))
      #expect(try store.audit(isRepairing: false).findings.isEmpty)
    }
  }

  private static func files(below folder: FilePath) throws -> [FilePath] {
    let files = LocalFileSystem()
    return try files.names(in: folder).flatMap { name in
      let path = folder.appending(name)
      return try files.status(of: path)?.kind == .folder ? self.files(below: path) : [path]
    }
  }

  @Test func alteredObjectOfNoResultIsFoundToo() throws {
    try store.removeRecord(for: sampleRecord().fingerprint)
    files.damage(artifact.files["weights"]!) { $0[0] ^= 1 }
    let audit = try store.audit(isRepairing: true)
    #expect(audit.findings.map(\.what) == ["object \(Fingerprint(of: "0.5").short)"])
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
  }

  @Test func resultsOfOtherContentThanThereIsNowAreFoundAndSetAside() throws {
    let source = Fingerprint(of: "base-A")
    func result(_ name: String, of input: String, read: [String: Fingerprint]?) throws {
      var record = sampleRecord(name)
      record.inputs = ["data": Fingerprint(of: "gone"), "source": Fingerprint(of: input)]
      record.read = read.map { ["source": $0, "activations": ["key": Fingerprint(of: "x")]] }
      try store.publish(record, texts: ["result": name], on: files)
    }
    let now = ["weights": Fingerprint(of: "0.5"), "log": Fingerprint(of: "x")]
    try result("right", of: "base-A", read: now)
    try result("old", of: "base-A", read: nil)
    try result(
      "wrong", of: "base-A", read: now.merging(["weights": Fingerprint(of: "0.4")]) { $1 })
    try result("of wrong", of: "wrong", read: ["result": Fingerprint(of: "wrong")])
    try result("further", of: "of wrong", read: nil)
    let audit = try store.audit(isRepairing: true)
    func place(_ stage: String) -> String {
      "stage '\(stage)' of pipeline 'general to specific' (\(Fingerprint(of: stage).short))"
    }
    #expect(
      Set(audit.findings.map { "\($0.what): \($0.damage)" }) == [
        "\(place("wrong")): it was computed from another 'weights' of stage 'base-A' than the store has now",
        "\(place("of wrong")): it was computed from the result of stage 'wrong', which cannot be relied on",
        "\(place("further")): it was computed from the result of stage 'of wrong', which cannot be relied on",
      ])
    #expect(try store.record(for: source).content != nil)
    #expect(
      try Set(store.records().map(\.stage)) == ["base-A", "base-B", "right", "old"])
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
  }

  private func place(of stage: String) -> String {
    "stage '\(stage)' of pipeline 'general to specific' (\(Fingerprint(of: stage).short))"
  }

  @Test func trainingsThatResumedFromOtherContentAreFound() throws {
    let short = Fingerprint(of: "base-A")
    func result(_ name: String, resumedFrom weights: String) throws {
      var record = sampleRecord(name)
      record.inputs = ["data": Fingerprint(of: "gone")]
      record.read = [StageRecord.stateRole(of: short): ["weights": Fingerprint(of: weights)]]
      try store.publish(record, texts: ["result": name], on: files)
    }
    try result("right", resumedFrom: "0.5")
    try result("wrong", resumedFrom: "0.4")
    let findings = try store.audit(isRepairing: false).findings
    #expect(findings.map(\.what) == [place(of: "wrong")])
    #expect(findings[0].damage.contains("another 'weights' of stage 'base-A'"))
    // Whatever resumed from a doubtful result is doubtful as well.
    var record = sampleRecord("longer")
    record.inputs = [:]
    record.read = [
      StageRecord.stateRole(of: Fingerprint(of: "wrong")): ["result": Fingerprint(of: "wrong")]
    ]
    try store.publish(record, texts: ["result": "longer"], on: files)
    #expect(
      Set(try store.audit(isRepairing: true).findings.map(\.what))
        == Set(["wrong", "longer"].map(place)))
    #expect(try store.audit(isRepairing: false).findings.isEmpty)
  }

  @Test func usageAddsUpAndCountsSharedObjectsOnce() throws {
    var other = sampleRecord("test")
    other.kind = "evaluate"
    try store.publish(other, texts: ["copy": "0.5", "more": "1234567"], on: files)
    let usage = try store.usage()
    #expect(
      usage.rows.map { "\($0.kind) \($0.stages) \($0.bytes)" } == ["evaluate 1 10", "train 2 5"])
    #expect(usage.unreferenced == 0)
    try store.removeRecord(for: other.fingerprint)
    #expect(try store.usage().unreferenced == 7)
    let all = files.files.reduce(0) { $0 + $1.value.count }
    let own = try files.read("store/store.json").count + files.read("store/.gitignore").count
    #expect(try store.usage().total == all - own)
  }
}
