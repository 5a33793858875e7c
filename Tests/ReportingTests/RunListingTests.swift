import ArtifactStore
import Basics
import Planning
import Reporting
import SystemPackage
import TestSupport
import Testing

/// Listings of runs: conditions, orders, groups, and what is written.
@Suite struct RunListingTests {
  private typealias Column = RunListing.Column

  /// Two rates, three seeds; one run has no result.
  private let listing = RunListing(
    [
      Column("run", .label, ["a2", "a10", "a1", "b2", "b10", "b1"].map { .text($0) }),
      Column("treatment", .setting, ["AnB", "AnB", "AnB", "BnB", "BnB", "BnB"].map { .text($0) }),
      Column(
        "solver.rate.start", .setting, [0.1, 0.1, 0.1, 0.02, 0.02, 0.02].map { .number($0) }),
      Column("solver.batch", .setting, [Double](repeating: 64, count: 6).map { .number($0) }),
      Column("examples", .setting, [nil, nil, nil, nil, nil, nil]),
      Column("seed", .replicate, [0, 1, 2, 0, 1, 2].map { .number($0) }),
      Column("top1", .result, [0.5, 0.6, 0.7, 0.25, nil, 0.75].map { $0.map { .number($0) } }),
      Column("images", .result, [100, 100, 100, 100, nil, 100].map { $0.map { .number($0) } }),
    ], count: 6)

  private func names(_ listing: RunListing) throws -> [String] {
    try listing.column(named: "run").values.map { $0.map { "\($0)" } ?? "" }
  }

  private func filtered(_ conditions: String...) throws -> [String] {
    try names(
      listing.filtered(conditions.map { text throws(DiagnosticError) in try RunCondition(text) }))
  }

  @Test func conditionsCompareNumbersAndText() throws {
    #expect(try filtered("seed>=1") == ["a10", "a1", "b10", "b1"])
    #expect(try filtered("seed>1") == ["a1", "b1"])
    #expect(try filtered("seed<1", "treatment=BnB") == ["b2"])
    #expect(try filtered("seed<=0") == ["a2", "b2"])
    #expect(try filtered("solver.rate.start = 2e-2") == ["b2", "b10", "b1"])
    #expect(try filtered("learning rate=0.1") == ["a2", "a10", "a1"])
    #expect(try filtered("run=a*") == ["a2", "a10", "a1"])
    #expect(try filtered("run!=a*", "run!=b1") == ["b2", "b10"])
    // What has no value is other than any.
    #expect(try filtered("top1!=0.5") == ["a10", "a1", "b2", "b10", "b1"])
    #expect(try filtered("top1<1", "treatment=BnB") == ["b2", "b1"])
  }

  /// A base has no source, and so none of its settings.
  @Test func settingsThatAllSourcesShareAreNoDifference() {
    func values(_ numbers: [Double?]) -> [VariableValue?] { numbers.map { $0.map { .number($0) } } }
    let listing = RunListing(
      [
        Column("source.solver.batch", .setting, values([nil, 32, 32])),
        Column("source.solver.decay", .setting, values([nil, 0, 1])),
        Column("examples", .setting, values([nil, 5, 5])),
      ], count: 3)
    #expect(listing.withoutShared.columns.map(\.name) == ["source.solver.decay", "examples"])
  }

  @Test func conditionsOfAnotherFormAreReported() throws {
    for (text, message) in [
      ("seed", "'seed' is not a condition"), ("=3", "'=3' is not a condition"),
      ("seed>many", "'seed>many' compares with 'many', which is not a number"),
    ] {
      let error = try #require(throws: DiagnosticError.self) { try RunCondition(text) }
      #expect(error.diagnostics.first?.message == message)
    }
    let error = try #require(throws: DiagnosticError.self) { try filtered("sed=1") }
    #expect(error.diagnostics.first?.message == "no run has a field 'sed'")
    #expect(error.diagnostics.first?.notes.first?.message == "did you mean 'seed'?")
    // A column without a value is none.
    #expect(throws: DiagnosticError.self) { try filtered("examples=1") }
  }

  @Test func ordersAreNaturalStableAndEndWithWhatHasNoValue() throws {
    #expect(try names(listing.sorted(by: ["run"])) == ["a1", "a2", "a10", "b1", "b2", "b10"])
    #expect(try names(listing.sorted(by: ["-run"])) == ["b10", "b2", "b1", "a10", "a2", "a1"])
    #expect(try names(listing.sorted(by: ["top1"])) == ["b2", "a2", "a10", "a1", "b1", "b10"])
    #expect(try names(listing.sorted(by: ["-top1"])) == ["b1", "a1", "a10", "a2", "b2", "b10"])
    #expect(
      try names(listing.sorted(by: ["treatment", "-seed"])) == [
        "a1", "a10", "a2", "b1", "b10", "b2",
      ])
    #expect(try names(listing.sorted(by: [])) == names(listing))
  }

  @Test func groupsPoolSeedsWithStudentsInterval() throws {
    let groups = try listing.grouped()
    #expect(groups.fields.map(\.name) == ["treatment", "solver.rate.start"])
    #expect(groups.results == ["top1"])
    #expect(groups.groups.map(\.runs) == [3, 3])
    let first = try #require(groups.groups[0].estimates[0])
    // 0.5, 0.6, 0.7: s = 0.1, and t(0.975, 2) = 4.302653.
    #expect(abs(first.mean - 0.6) < 1e-12)
    #expect(abs(first.high - (0.6 + 4.302652729911275 * 0.1 / 3.0.squareRoot())) < 1e-9)
    let second = try #require(groups.groups[1].estimates[0])
    #expect(second.mean == 0.5 && second.count == 2)
    let bySeed = try listing.grouped(by: ["seed"])
    #expect(bySeed.groups.map(\.runs) == [2, 2, 2])
    #expect(bySeed.groups[1].estimates[0]?.hasInterval == false)
    // Runs of one seed are one unit.
    let all = try listing.grouped(by: ["solver.batch"])
    #expect(all.groups.map(\.runs) == [6] && all.groups[0].estimates[0]?.units == 3)
  }

  @Test func groupsLeaveOutWhatDidNotTrainAndEndWhereNumbersDo() throws {
    let listing = RunListing(
      [
        Column("treatment", .setting, ["AnB", "AnB", "AnB", "BnB"].map { .text($0) }),
        Column(
          "outcome", .label,
          ["measured", "measured", "did-not-train", "diverged"].map { .text($0) }),
        Column("seed", .replicate, [0, 1, 2, 0].map { .number($0) }),
        Column("top1", .result, [0.25, 0.75, 0.1, nil].map { $0.map { .number($0) } }),
        Column("loss", .result, [0.5, 1.5, 2.5, nil].map { $0.map { .number($0) } }),
      ], count: 4)
    let groups = try listing.grouped()
    #expect(groups.groups.map(\.untrained) == [1, 1])
    let accuracy = try #require(groups.groups[0].estimates[0])
    // Two units: the interval of 0.5 ± 3.2 and that of 1 ± 6.4 end at 0 and 1, and at 0.
    #expect(accuracy.mean == 0.5 && accuracy.low == 0 && accuracy.high == 1)
    let loss = try #require(groups.groups[0].estimates[1])
    #expect(loss.mean == 1 && loss.low == 0 && abs(loss.high - (1 + 12.7062047362 * 0.5)) < 1e-6)
    #expect(groups.groups[1].estimates == [nil, nil])
    let lines = ListingText(groups).csv.split(separator: "\n")
    #expect(lines[1].hasPrefix("AnB,3,1,0.5,0,1,1,0,"))
    #expect(lines[1].hasSuffix(",2,student-t") && lines[2] == "BnB,1,1,,,,,,,,")
    #expect(ListingText(groups).table.contains("runs with the same seeds are one unit"))
  }

  @Test func tablesShowWhatDiffersAndFilesEverything() throws {
    let table = ListingText(try listing.sorted(by: ["run"]).withoutShared).table
    #expect(
      table.split(separator: "\n").prefix(2).map(String.init) == [
        "RUN  TREATMENT  LEARNING RATE  SEED  TOP1 %  IMAGES",
        "a1   AnB        0.1            2     70.0    100",
      ])
    let text = ListingText(listing)
    #expect(
      text.csv.split(separator: "\n").prefix(2).map(String.init) == [
        "run,treatment,solver.rate.start,solver.batch,seed,top1,images", "a2,AnB,0.1,64,0,0.5,100",
      ])
    let rows = try #require(text.json["runs"]?.asList)
    #expect(text.json["format"] == 1 && rows.count == 6)
    #expect(rows[4]["top1"] == nil && rows[4]["run"] == "b10" && rows[0]["seed"] == 0)
    #expect(
      ListingText(try listing.choosing(["run", "top1"]).filtered([RunCondition("run=a*")])).long
        == "run   a2\ntop1  50.0 %\n\nrun   a10\ntop1  60.0 %\n\nrun   a1\ntop1  70.0 %\n")
    let grouped = ListingText(try listing.grouped())
    #expect(
      grouped.csv.split(separator: "\n").first
        == "treatment,solver.rate.start,runs,did_not_train,top1,top1_low,top1_high,units,method")
    #expect(listing.runsWithoutResult == 1)
  }

  /// A variable and the setting that it sets in some of the runs.
  @Test func columnsThatWouldBeCalledTheSameHaveTheirFullNames() {
    let listing = RunListing(
      [
        RunListing.Column("run", .label, [.text("a"), .text("b")]),
        RunListing.Column("precision", .setting, [.text("fp32"), .text("bf16")]),
        RunListing.Column("solver.precision", .setting, [.text("fp32"), .text("fp32")]),
      ], count: 2)
    #expect(SettingText("solver.precision").heading == "precision")
    let text = ListingText(listing)
    #expect(text.table.hasPrefix("RUN  PRECISION  SOLVER.PRECISION\n"))
    #expect(
      text.long.hasPrefix("run               a\nprecision         fp32\nsolver.precision  fp32\n"))
  }

  // MARK: - Stores

  private func record(
    _ name: String, _ kind: String, _ settings: Value, inputs: [String: String] = [:],
    metrics: Value = [:], started: Double = 0
  ) -> StageRecord {
    StageRecord(
      fingerprint: Fingerprint(of: name), stage: name, pipeline: "p", kind: kind, revision: 1,
      settings: settings, inputs: inputs.mapValues { Fingerprint(of: $0) }, outputs: [:],
      metrics: metrics, provenance: [:], started: started, seconds: 1)
  }

  private func layers(_ copied: Int) -> Value {
    .list(
      ["conv1", "fc2"].enumerated().map { index, name in
        [
          "layer": .string(name), "origin": index < copied ? "copied" : "initialized",
          "state": index < copied ? "frozen" : "learning", "rate": 1.0,
        ]
      })
  }

  private func write(_ record: StageRecord, to store: Store, on files: MemoryFileSystem) throws {
    let path = store.recordPath(record.fingerprint)
    try files.makeFolder(path.removingLastComponent())
    try files.write(Array(record.json().utf8), to: path)
  }

  private func evaluation(_ name: String, of network: String, _ top1: Double, at time: Double)
    -> StageRecord
  {
    record(
      name, "evaluate", ["subset": "test", "classes": ["x", "y"]],
      inputs: ["data": "prepared", "network": network],
      metrics: [
        "images": 10, "top1": .number(top1), "top5": 1.0, "loss": 0.5, "did-not-train": false,
      ], started: time)
  }

  @Test func aStoreIsListedFromItsRecordsAndOnlyNewOnesAreRead() throws {
    let files = MemoryFileSystem()
    let store = Store(at: "/store", fileSystem: files)
    let solver: Value = ["rate": ["start": 0.1], "batch": 4]
    let others: Value = ["rate": ["start": 0.2], "batch": 4]
    let prepared = record("prepared", "prepare", ["content": "abc"])
    func training(_ name: String, _ classes: [String], seed: Int, _ solver: Value, from: String?)
      -> StageRecord
    {
      var settings: [String: Value] = [
        "network": ["input": [1, 2, 2]], "classes": .list(classes.map(Value.string)),
        "solver": solver, "seed": .integer(seed),
      ]
      if from != nil { settings["layers"] = layers(1) }
      var inputs = ["data": "prepared"]
      inputs["source"] = from
      return record(name, from == nil ? "train" : "transfer", .map(settings), inputs: inputs)
    }
    for record in [
      prepared, training("base", ["x", "y"], seed: 0, solver, from: nil),
      training("base-A", ["z", "w"], seed: 0, solver, from: nil),
      training("A1B", ["y", "x"], seed: 1, others, from: "base-A"),
      training("B1B", ["y", "x"], seed: 1, solver, from: "base"),
      evaluation("test-base", of: "base", 0.5, at: 1),
      evaluation("test-A1B", of: "A1B", 0.25, at: 3),
      evaluation("test-B1B", of: "B1B", 0.75, at: 2),
    ] { try write(record, to: store, on: files) }

    let first = RunListing(try RecordedRuns(in: store))
    #expect(try names(first) == ["test-base", "test-B1B", "test-A1B"])
    func values(_ field: String, _ listing: RunListing) throws -> [String?] {
      try listing.column(named: field).values.map { $0.map { "\($0)" } }
    }
    #expect(try values("treatment", first) == ["B", "BnB", "AnB"])
    #expect(try values("n", first) == ["0", "1", "1"])
    #expect(try values("seed", first) == ["0", "1", "1"])
    #expect(try values("top1", first) == ["0.5", "0.75", "0.25"])
    #expect(try values("solver.rate.start", first) == ["0.1", "0.1", "0.2"])
    // Of solvers that differ, all settings are columns.
    #expect(try values("solver.batch", first) == ["4", "4", "4"])
    // What all share is no column, and neither are layers that the treatment tells.
    #expect(throws: DiagnosticError.self) { try first.column(named: "network.input") }
    #expect(!first.columns.contains { $0.name.hasPrefix("layers") })

    // The second time nothing is read but the note: even a damaged record is not noticed.
    let damaged = store.recordPath(Fingerprint(of: "test-base"))
    try files.write(Array("{}".utf8), to: damaged)
    let again = RunListing(try RecordedRuns(in: store))
    #expect(ListingText(again).csv == ListingText(first).csv)

    // New ones are added, removed ones go.
    try write(evaluation("test-more", of: "base", 0.125, at: 4), to: store, on: files)
    try files.remove(store.recordPath(Fingerprint(of: "test-B1B")))
    let third = RunListing(try RecordedRuns(in: store))
    #expect(try names(third) == ["test-base", "test-A1B", "test-more"])
    #expect(try values("treatment", third) == ["B", "AnB", "B"])
    // A note that cannot be used is made again, without what is damaged.
    try store.setInspection(["runs": 3], for: "runs 2")
    #expect(try names(RunListing(RecordedRuns(in: store))) == ["test-A1B", "test-more"])
  }
}
