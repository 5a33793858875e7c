import Definitions
import PipelineLanguage
import Planning
import Testing

private let preamble = """
  cambium: 1
  datasets: {photos: {source: photos.tar}}
  splits: {halves: {dataset: photos, random: {tasks: [A, B], seed: 1}}}
  networks:
    net: {input: [3, 8, 8], layers: {one: [dense: 4], two: [dense: 5], three: [dense: classes]}}
  solvers: {sgd: {batch: 10, epochs: 2, rate: 0.1}}

  """

@Suite struct StudyPlanTests {
  private func study(_ body: String) throws -> Plan {
    try plan(preamble + "studies: {m: {split: halves, network: net, solver: sgd, \(body)}}\n")
  }

  private func trained(_ plan: Plan) -> Set<String> {
    Set(
      plan.stages.filter { $0.kind == .train || $0.kind == .transfer }
        .map(\.fingerprint.hexadecimal))
  }

  @Test func studyTrainsWhatStagesSpelledOutDo() throws {
    let short = try study("layers: 1..2, treatments: [BnB, AnB+, RnB]")
    let long = try plan(
      preamble + """
        stages:
          "base-${task}": {for: {task: [A, B]}, train: {network: net, on: "halves.${task}", solver: sgd}}
          "B${n}B":
            for: {n: 1..2}
            transfer: {from: base-B, layers: {"first ${n}": freeze, rest: initialize}, on: halves.B, solver: sgd}
          "A${n}B+":
            for: {n: 1..2}
            transfer: {from: base-A, layers: {"first ${n}": fine-tune, rest: initialize}, on: halves.B, solver: sgd}
          "R${n}B":
            for: {n: 1..2}
            transfer: {network: net, layers: {"first ${n}": random, rest: initialize}, on: halves.B, solver: sgd}
        """)
    #expect(trained(short) == trained(long))
    #expect(trained(short).count == 8)
  }

  @Test func reportsTellPreservedLayersApart() throws {
    let plan = try study("layers: 1, treatments: [AnB, AnB+, RnB, A1p1B], seed: 3")
    guard let report = plan.stages.last?.work as? ReportWork else {
      Issue.record("the last stage is no report")
      return
    }
    #expect(
      report.entries.map(\.treatmentLabel) == ["A", "B", "AnB", "AnB+", "RnB", "Anp1B"])
    #expect(
      report.entries.map(\.kind) == [.base, .base, .frozen, .fineTuned, .random, .preserved])
    #expect(report.entries.map(\.preserved) == [0, 0, 0, 0, 0, 1])
    #expect(report.entries.allSatisfy { $0.seed == 3 })
  }

  @Test func reportsTellDivisionsNetworksAndWhatIsMeasured() throws {
    let kinds =
      "kinds: {dataset: photos, classes: {x: [bird, cat], y: [deer, dog]}}, "
      + "again: {dataset: photos, random: {tasks: [A, B], seed: 1}}"
    let plan = try plan(
      preamble.replacing("splits: {", with: "splits: {\(kinds), ") + """
        stages:
          base: {train: {network: net, on: halves.B, solver: sgd}}
          whole: {train: {network: {input: [3, 8, 8], layers: {fc: [dense: classes]}}, on: photos, solver: sgd}}
          listed: {train: {network: net, on: kinds.x, solver: sgd}}
          test-base: {evaluate: {network: base}}
          elsewhere: {evaluate: {network: base, on: again.B, subset: train}}
          test-whole: {evaluate: {network: whole}}
          test-listed: {evaluate: {network: listed}}
          table: {report: all}
        """)
    guard let report = plan.stage("table")?.work as? ReportWork else {
      Issue.record("no report")
      return
    }
    #expect(
      report.entries.map(\.division) == [.random(seed: 1), .random(seed: 1), .whole, .listed])
    #expect(report.entries.map(\.measuredOn) == [nil, "again.B, training images", nil, nil])
    #expect(report.entries[0].network == "net" && report.entries[3].network == "net")
    #expect(report.entries[2].network?.hasPrefix("network ") == true)
    let inputs = try #require(plan.stage("table")).inputs
    #expect(
      inputs.map(\.stage) == [
        "test-base", "base", "elsewhere", "base", "test-whole", "whole", "test-listed", "listed",
      ])
    #expect(inputs[2].role == ReportWork.evaluationRole(1))
    #expect(inputs[3].role == ReportWork.networkRole(1))
  }

  @Test func releasedLayersAreAnotherKind() throws {
    let plan = try plan(
      preamble + """
        studies: {m: {split: halves, network: net, solver: sgd, treatments: [A2B]}}
        stages:
          released: {transfer: {from: m.A2B, layers: {first 1: freeze, rest: fine-tune}, on: halves.B, solver: sgd}}
          test: {evaluate: {network: released}}
          table: {report: {of: [test]}}
        """)
    guard let report = plan.stage("table")?.work as? ReportWork else {
      Issue.record("no report")
      return
    }
    #expect(report.entries.map(\.kind) == [.other])
    #expect(plan.stage("released")?.inputs.last?.stage == "m.A2B")
  }

  @Test func nothingIsPlannedTwice() throws {
    let plan = try plan(
      preamble + """
        studies:
          one: {split: halves, network: net, solver: sgd, layers: 1..2, treatments: [AnB, BnB]}
          two: {split: halves, network: net, solver: sgd, layers: 1..2, treatments: [AnB, AnB+]}
        stages: {mine: {train: {network: net, on: halves.B, solver: sgd}}}
        """)
    let work = plan.stages.filter { $0.kind != .report }.map(\.fingerprint)
    #expect(Set(work).count == work.count)
    #expect(work.count == 1 + 2 * (2 + 6))
  }
}
