import Basics
import Definitions
import Planning
import Testing

@Suite struct PlannerTests {
  @Test func everyStageFollowsItsInputs() throws {
    let plan = try plan(sample)
    #expect(
      plan.stages.map(\.name) == [
        "prepare-photos", "base-A", "base-B", "A1B", "A1B+", "test-base-B", "test-A1B",
        "test-A1B+", "table",
      ])
    var seen: Set<String> = []
    for stage in plan.stages {
      #expect(stage.inputs.allSatisfy { seen.contains($0.stage) })
      seen.insert(stage.name)
    }
  }

  @Test func firstPlanRunsEverythingAndSaysWhatWaits() throws {
    let plan = try plan(sample)
    #expect(plan.stage("prepare-photos")?.status == .run(.neverRun))
    #expect(plan.stage("base-A")?.status == .waiting(on: ["prepare-photos"], .neverRun))
    #expect(plan.stage("A1B")?.status == .waiting(on: ["prepare-photos", "base-A"], .neverRun))
    #expect(plan.summary == "9 stages: 0 cached, 9 to run")
  }

  /// A stage of another name that does the same is computed once.
  @Test func sameWorkIsCountedOnce() throws {
    let twice = try plan(
      sample + "\n  first: {evaluate: {network: base-A, on: halves.A}}"
        + "\n  other: {evaluate: {network: base-A, on: halves.A}}\n")
    let other = try #require(twice.stages.firstIndex { $0.name == "other" })
    #expect(twice.repeats == [other: "first"])
    #expect(twice.summary == "11 stages: 0 cached, 10 to run, 1 the same as another")
    #expect(twice.text.contains("same as first"))
    #expect(twice.value["stages"]?.asList?[other]["same-as"] == "first")
    let history = FakeHistory(after: twice)
    #expect(try plan(sample, history: history).repeats.isEmpty)
  }

  @Test func secondPlanRunsNothing() throws {
    let first = try plan(sample)
    #expect(try plan(sample, history: FakeHistory(after: first)).toRun == [])
  }

  @Test(arguments: [
    // A comment, another order of keys, written-out defaults, other names for network and solver.
    ("sgd: {batch: 10", "sgd: {  batch: 10"),
    ("input: [3, 8, 8]", "input: [3, 8, 8]  # small"),
    (
      "{batch: 10, epochs: 2, momentum: \"${momentum}\", rate: 0.1}",
      "{rate: {start: 0.1}, decay: 0, momentum: 0.90, epochs: 2, batch: 10}"
    ),
    (
      "conv: {filters: 4, kernel: 3}",
      "conv: {kernel: 3, filters: 4, stride: 1, padding: 0, groups: 1}"
    ),
    ("{source: photos.tar}", "{source: elsewhere/photos.tar, fit: stretch, mean: image}"),
    ("evaluate: {network: \"${net}\"}", "evaluate: {network: \"${net}\", subset: test}"),
  ])
  func whatChangesNothingRerunsNothing(old: String, new: String) throws {
    let history = FakeHistory(after: try plan(sample))
    let edited = sample.replacing(old, with: new)
    #expect(edited != sample)
    #expect(try plan(edited, history: history).toRun == [])
  }

  @Test func aRenamedStageRerunsNothing() throws {
    let history = FakeHistory(after: try plan(sample))
    let edited = sample.replacing("A1B", with: "frozen")
    #expect(try plan(edited, history: history).toRun == [])
  }

  @Test func aChangedSolverRerunsItsStageAndWhatReadsIt() throws {
    let history = FakeHistory(after: try plan(sample))
    let edited = sample.replacing("momentum: 0.5", with: "momentum: 0.6")
    let plan = try plan(edited, history: history)
    #expect(plan.toRun == ["A1B+", "test-A1B+", "table"])
    #expect(
      plan.stage("A1B+")?.status
        == .run(
          .settingsChanged([
            ValueChange(path: "solver.momentum", old: .number(0.5), new: .number(0.6))
          ])))
    let cause = Cause(
      path: ["A1B+"],
      root: .settingsChanged([
        ValueChange(path: "solver.momentum", old: .number(0.5), new: .number(0.6))
      ]))
    #expect(
      plan.stage("test-A1B+")?.status
        == .waiting(on: ["A1B+"], .inputsChanged(["A1B+"], causes: [cause])))
    #expect(plan.text.contains("solver.momentum 0.5 → 0.6"))
  }

  @Test func changedDataRerunsAll() throws {
    let history = FakeHistory(after: try plan(sample))
    var catalog = FakeCatalog()
    catalog.digest = "other photos"
    let plan = try plan(sample, catalog: catalog, history: history)
    #expect(plan.toRun.count == 9)
    #expect(plan.stage("prepare-photos")?.status == .run(.dataChanged(nil)))
  }

  @Test func aDamagedArtifactIsMadeAnewAlone() throws {
    let first = try plan(sample)
    var history = FakeHistory(after: first)
    let damaged = try #require(first.stage("A1B"))
    history.presences[damaged.fingerprint] = .damaged("weights.safetensors")
    let second = try plan(sample, history: history)
    #expect(second.toRun == ["A1B"])
    #expect(
      second.stage("A1B")?.status == .run(.artifactMissing("weights.safetensors")))
  }

  @Test func aRemovedRecordIsToldFromNeverRun() throws {
    let first = try plan(sample)
    var history = FakeHistory(after: first)
    history.presences[try #require(first.stage("A1B")).fingerprint] = nil
    #expect(
      try plan(sample, history: history).stage("A1B")?.status
        == .run(.artifactMissing("its record is missing")))
  }

  @Test func aNewRevisionIsAReason() throws {
    let first = try plan(sample)
    var history = FakeHistory(after: first)
    let stage = try #require(first.stage("A1B"))
    history.presences[stage.fingerprint] = nil
    history.latest["A1B"]?.revision = 0
    #expect(
      try plan(sample, history: history).stage("A1B")?.status
        == .run(.revisionChanged(old: 0, new: stage.revision)))
  }

  @Test func forcedStagesRunAlone() throws {
    let history = FakeHistory(after: try plan(sample))
    let forced = try plan(sample, history: history, forced: ["base-*"])
    #expect(forced.toRun == ["base-A", "base-B"])
    #expect(forced.stage("base-A")?.status == .run(.forced))
  }

  @Test func selectedStagesBringWhatTheyNeed() throws {
    let plan = try plan(sample, only: ["test-A1B"])
    #expect(plan.stages.map(\.name) == ["prepare-photos", "base-A", "A1B", "test-A1B"])
  }

  @Test func anUnknownSelectionSuggestsANearName() {
    #expect {
      try plan(sample, only: ["base-AA"])
    } throws: { error in
      "\(error)".contains("no stage is called 'base-AA'") && "\(error)".contains("base-A'")
    }
  }
}

@Suite struct FingerprintTests {
  @Test func basesOnDifferentTasksDrawDifferentNumbers() throws {
    let plan = try plan(sample)
    let streams = plan.stages.compactMap { stage in
      if let work = stage.work as? TrainWork { work.stream } else { nil }
    }
    #expect(Set(streams).count == 4)
  }

  @Test func aLongerTrainingDrawsTheSameNumbers() throws {
    func stream(_ text: String) throws -> RandomStream? {
      guard let work = try plan(text).stage("base-A")?.work as? TrainWork else { return nil }
      return work.stream
    }
    let longer = sample.replacing(
      "epochs: 2, momentum: \"${momentum}\"", with: "epochs: 4, momentum: 0")
    #expect(try stream(sample) == stream(longer))
    #expect(try stream(sample) != nil)
  }

  @Test func stagesThatSayTheSameShareAFingerprint() throws {
    let text = sample.replacing(
      "  A1B:\n", with: "  twin: {train: {network: net, on: halves.B, solver: sgd}}\n  A1B:\n")
    let plan = try plan(text)
    #expect(plan.stage("twin")?.fingerprint == plan.stage("base-B")?.fingerprint)
    #expect(plan.stage("base-A")?.fingerprint != plan.stage("base-B")?.fingerprint)
  }
}

@Suite struct PlanningErrorTests {
  private func message(_ text: String, catalog: FakeCatalog = FakeCatalog()) -> String {
    do {
      _ = try plan(text, catalog: catalog)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func anUnknownClassIsPlacedAndTheNearestSuggested() {
    let text = sample.replacing(
      "random: {tasks: [A, B], seed: 1}", with: "classes: {A: [bird, cta], B: [dog, frog]}")
    let message = message(text)
    #expect(message.contains("dataset 'photos' has no class 'cta'"))
    #expect(message.contains("did you mean 'cat'?"))
    #expect(message.hasPrefix("sample.yaml:"))
  }

  @Test func aMissingDatasetIsToldAtItsPlace() {
    var catalog = FakeCatalog()
    catalog.failure = DiagnosticError("'photos.tar' does not exist")
    let message = message(sample, catalog: catalog)
    #expect(message.hasPrefix("sample.yaml:4:"))
    #expect(message.ranges(of: "error:").count == 1)
  }

  @Test func copiedLayersMustHaveTheSameShapes() {
    var catalog = FakeCatalog()
    catalog.classes.append("truck")
    let text = sample.replacing(
      "{first 1: freeze, rest: initialize}", with: "{first 2: freeze}")
    let message = message(text, catalog: catalog)
    #expect(message.contains("layer 'fc2' cannot be copied from 'base-A'"))
    #expect(message.contains("4×144") && message.contains("3×144"))
  }

  @Test func aTaskNeedsTwoClasses() {
    let text = sample.replacing(
      "random: {tasks: [A, B], seed: 1}", with: "classes: {A: [bird], B: [dog, frog]}")
    #expect(message(text).contains("task 'A' has one class"))
  }

  @Test func anEvaluationOnATaskOfOtherSizeIsAnError() {
    let text = sample.replacing(
      "evaluate: {network: \"${net}\"}", with: "evaluate: {network: \"${net}\", on: photos}")
    #expect(message(text).contains("'A1B' cannot be measured on 'photos'"))
  }
}

@Suite struct ReportEntryTests {
  private func entries(_ text: String) throws -> [ReportEntry] {
    guard let work = try plan(text).stage("table")?.work as? ReportWork else { return [] }
    return work.entries
  }

  @Test func treatmentsAreReadOffTheLayers() throws {
    let entries = try entries(sample)
    #expect(entries.map(\.treatmentLabel) == ["B", "AnB", "AnB+"])
    #expect(entries.map(\.depth) == [0, 1, 1])
    #expect(entries.map(\.kind) == [.base, .frozen, .fineTuned])
  }

  @Test func longTaskNamesAreSetApart() throws {
    let text = sample.replacing("tasks: [A, B]", with: "tasks: [natural, built]")
      .replacing("task: [A, B]", with: "task: [natural, built]")
      .replacing("base-A", with: "base-natural").replacing("halves.B", with: "halves.built")
      .replacing("base-B", with: "base-built")
    #expect(
      try entries(text).map(\.treatmentLabel) == ["built", "natural→built", "natural→built+"])
  }

  @Test func randomFrozenLayersAreTheirOwnKind() throws {
    let text = sample.replacing(
      "{from: base-A, layers: {first 1: freeze, rest: initialize}",
      with: "{network: net, layers: {first 1: random, rest: initialize}")
    #expect(try entries(text)[1].kind == .random)
    #expect(try entries(text)[1].treatmentLabel == "RnB")
  }
}

@Suite struct PlanOutputTests {
  @Test func jsonTellsResolvedLayers() throws {
    let value = try plan(sample).value
    guard case .list(let stages)? = value["stages"],
      let transfer = stages.first(where: { $0["name"] == "A1B" })
    else {
      Issue.record("the plan has a stage A1B")
      return
    }
    #expect(value["format"] == 1)
    #expect(transfer["status"] == "waiting")
    #expect(transfer["reason"]?["why"] == "never-run")
    #expect(transfer["needs"] == ["prepare-photos", "base-A"])
    #expect(
      transfer["layers"] == [
        [
          "name": "conv1", "origin": "copied", "state": "frozen", "rate": .number(0),
          "shape": [4, 6, 6],
        ],
        [
          "name": "fc2", "origin": "initialized", "state": "learning", "rate": .number(1),
          "shape": [3],
        ],
      ])
    #expect(transfer["cost"]?["parameters"] == .integer(4 * 27 + 4 + 3 * 144 + 3))
    #expect(transfer["cost"]?["flops-per-image"] == .integer(2 * (144 * 27 + 3 * 144)))
  }
}
