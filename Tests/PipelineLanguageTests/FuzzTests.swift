import Basics
import Glibc
import SystemPackage
import Testing

/// Mutated files: the result is a description or problems with a location, never a crash.
@Suite struct FuzzTests {
  private static let seconds = environment("CAMBIUM_FUZZ_SECONDS").flatMap(Double.init)

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// A study and forms of sweeps.
  private static let study =
    Fixture.preamble + """
      params: {seed: {type: integer, default: 0, min: 0, max: 9, choices: [0, 1, 2]}}
      studies:
        m:
          split: s
          network: n
          solver: g
          layers: 1..2
          treatments: [BnB, A1p1B, RnB, A→B+, {from: A, to: B, layers: 1, then: fine-tune}]
          swap: true
          repeat: {seed: 0..2, solver: [g]}
          base: {solver: g, seed: 3}
      stages:
        "x${a.b}": {for: {a: [{b: 1}, {b: 2}]}, train: {network: n, on: s.A, solver: g}}

      """

  /// All pipelines in the repository.
  private static let mutator = Result {
    var texts = [Fixture.complete, study]
    for kind in CorpusFile.Kind.allCases { texts += try CorpusFile.all(kind).map(\.text) }
    let examples = try GrammarExample.all()
    let wrapper = try #require(examples.first { $0.kind == .wrapper })
    texts += examples.map { $0.completed(by: wrapper) }
    for folder in ["pipelines", "pipelines/data", "pipelines/networks"] {
      texts += try RepositoryFiles.contents(of: folder, withExtension: "yaml").map(\.text)
    }
    return Mutator(texts)
  }

  private func fuzzCase() throws -> FuzzCase {
    let files = try CorpusFile.included().merging(GrammarExample.files()) { first, _ in first }
    return FuzzCase(files: files, schema: try CorpusTests.pipelineSchema())
  }

  @Test(arguments: 0..<15)
  func changedFileIsReadOrRefusedWithAPlace(_ hundred: Int) throws {
    let fuzzCase = try fuzzCase()
    for seed in hundred * 100..<(hundred + 1) * 100 {
      let bytes = try Self.mutator.get().input(seed: seed)
      for complaint in fuzzCase.run(bytes).complaints {
        Issue.record("seed \(seed): \(complaint)\n\(String(decoding: bytes, as: UTF8.self))")
      }
    }
  }

  /// The same for `CAMBIUM_FUZZ_SECONDS`, starting at the seed `CAMBIUM_FUZZ_FROM`.
  ///
  /// Each input is written to a file before it is read: after a crash, or in an endless loop, it is `current.yaml` in
  /// `CAMBIUM_FUZZ_FOLDER`. Inputs with other problems, and the slowest, are stored there by seed.
  @Test(.enabled(if: seconds != nil, "CAMBIUM_FUZZ_SECONDS is unset"))
  func changedFilesAreReadOrRefusedForALongTime() throws {
    let seconds = try #require(Self.seconds)
    let folder = FilePath(Self.environment("CAMBIUM_FUZZ_FOLDER") ?? "/tmp/cambium-fuzz")
    try LocalFileSystem().makeFolder(folder)
    let current = try FileDescriptor.open(
      folder.appending("current.yaml"), .writeOnly, options: [.create, .truncate, .closeOnExec],
      permissions: .ownerReadWrite)
    defer { try? current.close() }
    let mutator = try Self.mutator.get()
    let fuzzCase = try fuzzCase()
    let clock = ContinuousClock()
    let start = clock.now
    var seed = Self.environment("CAMBIUM_FUZZ_FROM").flatMap(Int.init) ?? 0
    var cases = 0, read = 0, complaints = 0
    var slowest = (duration: Duration.zero, seed: seed)
    var nextReport = start
    func report() {
      print(
        "fuzz: \(cases) cases (\(read) read), \(complaints) complaints, next seed \(seed), slowest "
          + "\(slowest.duration) (seed \(slowest.seed))")
      fflush(nil)
    }
    while clock.now - start < .seconds(seconds), complaints < 50 {
      let bytes = mutator.input(seed: seed)
      try current.resize(to: 0)
      try current.writeAll(toAbsoluteOffset: 0, bytes)
      let begin = clock.now
      let outcome = fuzzCase.run(bytes)
      let duration = clock.now - begin
      if duration > slowest.duration {
        slowest = (duration, seed)
        try LocalFileSystem().write(bytes, to: folder.appending("slowest.yaml"))
      }
      if outcome.isRead { read += 1 }
      if !outcome.complaints.isEmpty {
        complaints += 1
        let name = "seed-\(seed).yaml"
        try LocalFileSystem().write(bytes, to: folder.appending(name))
        Issue.record("\(name): \(outcome.complaints.joined(separator: "\n"))")
      }
      cases += 1
      seed += 1
      if clock.now >= nextReport {
        report()
        nextReport += .seconds(30)
      }
    }
    report()
    #expect(cases > 0)
  }
}
