import Basics
import Planning
import Testing

@Suite struct PlanDifferenceTests {
  private func difference(_ old: String, _ new: String) throws -> PlanDifference {
    try PlanDifference(from: plan(old), to: plan(new))
  }

  @Test func thePlanItselfDoesNotDiffer() throws {
    let same = try difference(sample, sample)
    #expect(same.isEmpty)
    #expect(same.text == "0 added, 0 removed, 0 changed, 0 following, 0 renamed, 9 unchanged\n")
  }

  @Test func eachKindOfDifferenceIsToldApart() throws {
    let new = sample.replacing("momentum: 0.5", with: "momentum: 0.6")
      .replacing("[base-B, A1B, A1B+]", with: "[A1B+]")
      .replacing(
        "  A1B:\n", with: "  extra: {train: {network: net, on: photos, solver: sgd}}\n  frozen:\n")
    let difference = try difference(sample, new)
    #expect(difference.added.map(\.name) == ["extra"])
    #expect(difference.removed.map(\.name) == ["test-base-B", "test-A1B"])
    #expect(difference.renamed == [PlanDifference.Renaming(old: "A1B", new: "frozen")])
    #expect(difference.changed.map(\.name) == ["A1B+", "test-A1B+", "table"])
    #expect(difference.unchanged == ["prepare-photos", "base-A", "base-B"])
    #expect(
      difference.text.contains("~ A1B+  (transfer)\n    solver.momentum 0.5 → 0.6\n"),
      "\(difference.text)")
    #expect(
      difference.text.contains("~ table  (report)\n    reported runs 3 → 1\n"), "\(difference.text)"
    )
    // What only follows is counted, not told; the report has lost inputs of its own.
    #expect(difference.changed.filter(\.follows).map(\.name) == ["test-A1B+"])
    #expect(!difference.text.contains("~ test-A1B+"))
    #expect(difference.text.contains("\n  1 stage follows from these\n"), "\(difference.text)")
    #expect(difference.text.contains("= A1B → frozen\n"))
    #expect(
      difference.summary == "1 added, 2 removed, 2 changed, 1 following, 1 renamed, 3 unchanged")
  }

  @Test(arguments: [
    ("solver.rate.start", "solver.rate"), ("solver.length.epochs", "solver.epochs"),
    ("solver.rate.policy", "solver.rate.policy"),
    ("solver.rate.policy.step.by", "solver.rate.step.by"), ("solver.momentum", "solver.momentum"),
    ("network.layers.conv1.operations.0.conv.filters", "network.layers.conv1.conv.filters"),
    (
      "network.layers.conv1.operations.2.conv.parameters.bias-rate",
      "network.layers.conv1.2.conv.bias-rate"
    ),
    ("network.layers.operations.operations.0.dense.units", "network.layers.operations.dense.units"),
    ("network.input", "network.input"), ("preprocessing.mirror", "dataset.augment.mirror"),
    ("preprocessing.mean", "dataset.mean"), ("layers.conv1.state", "layers.conv1.state"),
    ("entries", "entries"), ("", ""),
  ])
  func settingsAreNamedAsInTheFile(path: String, name: String) {
    #expect("\(ValueChange(path: path, old: 1, new: 2))" == "\(name) 1 → 2")
  }

  @Test func runsOfAReportAreCounted() throws {
    // Both transfers now have one place in the design, where their solvers distinguish them.
    let refined = sample.replacing("first 1: freeze", with: "first 1: fine-tune")
    let difference = try difference(sample, refined)
    #expect(
      difference.text.contains("~ table  (report)\n    2 reported runs changed\n"),
      "\(difference.text)")
  }

  /// A run less moves all that follow it: their inputs are paired by stage.
  @Test func aRunLessIsNoOtherChange() throws {
    let fewer = sample.replacing("[base-B, A1B, A1B+]", with: "[A1B, A1B+]")
    for (old, new, counts) in [(sample, fewer, "3 → 2"), (fewer, sample, "2 → 3")] {
      let text = try difference(old, new).text
      #expect(text.contains("~ table  (report)\n    reported runs \(counts)\n\n"), "\(text)")
    }
    let changed = fewer.replacing("momentum: 0.5", with: "momentum: 0.6")
    let report = try #require(try difference(sample, changed).changed.first { $0.name == "table" })
    #expect(report.upstream.compactMap(\.path.last) == ["A1B+"])
  }

  @Test func aNameForAnotherKindOfStageIsNoChange() throws {
    let new = sample.replacing(
      "A1B+:\n    transfer: {from: base-A, layers: {first 1: fine-tune, rest: initialize}, on: "
        + "halves.B, solver: slow}",
      with: "A1B+:\n    train: {network: net, on: halves.B, solver: slow}")
    let difference = try difference(sample, new)
    #expect(difference.added.map(\.name) == ["A1B+"])
    #expect(difference.removed.map(\.name) == ["A1B+"])
  }

  @Test func jsonHasEveryPart() throws {
    let value = try difference(
      sample, sample.replacing("momentum: 0.5", with: "momentum: 0.6")
    ).value
    #expect(value["format"] == 1)
    let changed = try #require(value["changed"]?.asList)
    #expect(changed[0]["name"] == "A1B+")
    #expect(
      changed[0]["changes"] == [["path": "solver.momentum", "old": 0.5, "new": 0.6]])
    #expect(changed[0]["follows"] == false && changed[1]["follows"] == true)
    #expect(changed[1]["causes"]?.asList?.first?["path"] == ["A1B+"])
    #expect(value["added"] == [] && value["removed"] == [] && value["renamed"] == [])
    #expect(value["unchanged"]?.asList?.count == 6)
  }
}
