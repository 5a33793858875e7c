import ArtifactStore
import Basics
import Execution
import Glibc
import PipelineLanguage
import Planning
import Stages
import SystemPackage
import TestSupport
import Testing

/// Any file of a store may be removed or damaged at any time: that costs work, and nothing else.
@Suite struct EveryFileTests {
  private static let text = """
    cambium: 1
    name: every
    datasets: {shapes: {source: builtin:shapes, examples: {train: 6, test: 2}}}
    networks:
      net: {input: [3, 32, 32], layers: {conv1: [conv: {filters: 4, kernel: 5, stride: 4}], fc2: [dense: classes]}}
    solvers: {sgd: {batch: 8, epochs: 1, rate: 0.01}}
    stages:
      base: {train: {network: net, on: shapes, solver: sgd}}
      tuned: {transfer: {from: base, layers: {first 1: freeze, rest: initialize}, on: shapes, solver: sgd}}
      test: {evaluate: {network: tuned}}
      table: {report: all}
    """

  private enum Harm: CaseIterable {
    case removed, emptied, cut, first, middle, last, folder

    func strike(_ path: FilePath) throws {
      let files = LocalFileSystem()
      var bytes = try files.read(path)
      switch self {
      case .removed: return try files.remove(path)
      case .emptied: bytes = []
      case .cut: bytes.removeLast(max(1, bytes.count / 2))
      case .first: bytes[0] ^= 4
      case .middle: bytes[bytes.count / 2] ^= 1
      case .last: bytes[bytes.count - 2] ^= 0x20
      case .folder:
        try files.remove(path)
        return try files.makeFolder(path)
      }
      try files.remove(path)
      try files.write(bytes, to: path)
    }
  }

  /// All harms of every file where the environment asks for a long test, else one in thirteen.
  private static let isLong = getenv("CAMBIUM_SOAK_KILLS") != nil

  private func everyFile(of folder: FilePath) throws -> [FilePath] {
    try LocalFileSystem().names(in: folder).flatMap { name -> [FilePath] in
      let path = folder.appending(name)
      guard try LocalFileSystem().status(of: path)?.kind == .folder else { return [path] }
      return ["tmp", "damaged"].contains(name) ? [] : try everyFile(of: path)
    }
  }

  private func plan(_ study: Study) throws -> Plan {
    let description = try describe(
      SourceText(name: "every.yaml", text: Self.text), fileName: "every", settings: [])
    return try Planner(
      description: description,
      catalog: StoreCatalog(
        store: study.store, pipeline: "every", time: TickingTimeSource(start: 1e11)),
      history: StoreHistory(study.store, pipeline: "every"),
      speeds: StoreSpeeds(store: study.store)
    ).plan()
  }

  @Test func anyFileMayBeLostOrDamagedAtAnyTime() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try plan(study)
      let speeds = StoreSpeeds(store: study.store)
      let expected = try await study.run(
        plan, observer: SpeedObserver(for: plan, speeds: speeds, next: Warnings()))
      #expect(expected.isComplete)
      let files = try everyFile(of: study.store.root)
      let kinds = Set(
        files.compactMap {
          $0.components.dropFirst(study.store.root.components.count).first?.string
        })
      #expect(
        kinds.isSuperset(of: [
          "objects", "records", "latest", "inspections", "logs", "checkpoints", "store.json",
        ]), "\(kinds)")
      var turn = 0
      for path in files where path.lastComponent?.string != ".gitignore" {
        for harm in Harm.allCases {
          turn += 1
          guard Self.isLong || turn % 13 == 0 else { continue }
          // A log that a later run has replaced, or an object that has been set aside.
          guard try LocalFileSystem().status(of: path)?.kind == .file else { continue }
          try await mend(path, harm, study, expected)
        }
      }
    }
  }

  private func mend(
    _ path: FilePath, _ harm: Harm, _ study: Study, _ expected: RunSummary
  ) async throws {
    let what: Comment = "\(harm) \(path)"
    // Without repair: the next run does what is needed.
    let before = try LocalFileSystem().read(path)
    try harm.strike(path)
    let found = try study.store.audit(isRepairing: false).findings
    // A log's last line may be unfinished, and a value within a line of it is anybody's.
    let isLog = path.string.contains("/logs/")
    if harm != .removed, !isLog { #expect(!found.isEmpty, what) }
    let summary = try await study.run(try plan(study), thenReading: Set(["table"]))
    #expect(summary.isComplete, what)
    #expect(summary.digests == expected.digests, what)
    // With repair: the same.
    if try LocalFileSystem().status(of: path)?.kind == .folder {
      try LocalFileSystem().remove(path)
    }
    try LocalFileSystem().remove(path)
    try LocalFileSystem().write(before, to: path)
    try harm.strike(path)
    _ = try study.store.audit(isRepairing: true)
    #expect(
      try study.store.audit(isRepairing: false).findings.allSatisfy {
        $0.damage.contains("is missing")
      }, what)
    let again = try await study.run(try plan(study), thenReading: Set(["table"]))
    #expect(again.isComplete && again.digests == expected.digests, what)
    #expect(try study.store.audit(isRepairing: true).findings.isEmpty, what)
  }
}
