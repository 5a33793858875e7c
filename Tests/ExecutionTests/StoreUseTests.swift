import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage
import TestSupport
import Testing

/// What a live run needs is known from its log, and known to be unknown where the log is damaged.
@Suite struct StoreUseTests {
  private static let longAfter = 200_000.0
  private let now = SystemTimeSource().now

  /// The log of a run of another container that has reused or produced six stages, and has not ended.
  private func log() async throws -> [String] {
    let shop = Workshop()
    let (_, summary) = try await shop.run(diamond)
    let bytes = try #require(try shop.store.log("\(summary.run).jsonl"))
    return try bytes.split(separator: UInt8(ascii: "\n")).dropLast().map { line in
      var entries = try #require(try Value(json: Array(line)).asMap)
      entries["time"] = .number(now)
      if entries["owner"] != nil { entries["owner"] = "elsewhere~1~2" }
      return Value.map(entries).json() + "\n"
    }
  }

  private func inStore(_ body: (Store) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try body(Store(at: folder.appending("store"), fileSystem: LocalFileSystem()))
    }
  }

  /// Makes this process one that computes a stage in a run.
  private func claim(_ run: String, in store: Store) throws {
    let holder = ClaimHolder(
      fingerprint: Fingerprint(of: "x"), stage: "x", pipeline: "numbers", run: run, since: 0)
    guard case .granted = try store.claim(for: holder) else {
      throw DiagnosticError("the stage is claimed")
    }
  }

  @Test func aRunElsewhereSaysWhatItUses() async throws {
    let lines = try await log()
    try inStore { store in
      try store.appendToLog("run.jsonl", lines.joined())
      let use = try StoreUse(of: store, now: now)
      #expect(use.stages.count == 6 && use.unknownRuns == 0)
      #expect(try StoreUse(of: store, now: now + Self.longAfter).stages.isEmpty)
      // A claim is a sign of life where nothing more reaches the log.
      try claim("run", in: store)
      #expect(try StoreUse(of: store, now: now + Self.longAfter).stages == use.stages)
    }
  }

  @Test func whatADamagedLineHidesIsUnknown() async throws {
    var lines = try await log()
    lines[lines.count / 2] = "\u{0}\u{0}\n"
    try inStore { store in
      try store.appendToLog("run.jsonl", lines.joined())
      #expect(try StoreUse(of: store, now: now).unknownRuns == 1)
      #expect(try StoreUse(of: store, now: now + Self.longAfter).unknownRuns == 0)
    }
  }

  @Test func theLastLineMayBeIncomplete() async throws {
    let lines = try await log()
    try inStore { store in
      try store.appendToLog("run.jsonl", lines.joined() + "{\"event\": \"st")
      #expect(try StoreUse(of: store, now: now).unknownRuns == 0)
    }
  }

  @Test func aRunWithoutALogIsUnknown() throws {
    try inStore { store in
      #expect(try StoreUse(of: store, now: now).unknownRuns == 0)
      try claim("run", in: store)
      #expect(try StoreUse(of: store, now: now).unknownRuns == 1)
      // One whose beginning is damaged may be of any run, for a day.
      try store.appendToLog("run.jsonl", "\u{0}\u{0}\n")
      try store.appendToLog("other.jsonl", "\u{0}\u{0}\n")
      #expect(try StoreUse(of: store, now: now).unknownRuns == 2)
      #expect(try StoreUse(of: store, now: now + Self.longAfter).unknownRuns == 1)
    }
  }
}
