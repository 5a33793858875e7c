import Planning
import Reporting
import Testing

/// A result of the study on halves A and B.
func result(
  _ kind: TreatmentKind, source: String? = nil, target: String = "B", depth: Int = 0,
  top1: Double, seed: UInt64 = 0, didNotTrain: Bool = false, split: String = "halves"
) -> AccuracyResult {
  AccuracyResult(
    entry: ReportEntry(
      split: split, division: .listed, target: target, source: source, depth: depth, kind: kind,
      seed: seed),
    top1: top1, images: 1000, didNotTrain: didNotTrain)
}

let study = [
  result(.frozen, source: "A", depth: 1, top1: 0.80),
  result(.frozen, source: "A", depth: 2, top1: 0.70),
  result(.base, top1: 0.825),
  result(.frozen, source: "B", depth: 1, top1: 0.82),
  result(.frozen, source: "B", depth: 2, top1: 0.78),
  result(.fineTuned, source: "A", depth: 2, top1: 0.84),
  result(.random, depth: 2, top1: 0.26, didNotTrain: true),
  result(.base, target: "A", top1: 0.9),
]

@Suite struct AccuracyTableTests {
  @Test func treatmentsStandInThePapersOrder() {
    let panel = AccuracyTable(study).panels.first { $0.target == "B" }
    #expect(panel?.rows.map(\.label) == ["B", "BnB", "AnB", "AnB+", "RnB"])
  }

  @Test func eachTargetAndSplitHasItsPanel() {
    let table = AccuracyTable(study + [result(.base, top1: 0.5, split: "kinds")])
    #expect(table.panels.map(\.split) == ["halves", "halves", "kinds"])
    #expect(table.panels.map(\.target) == ["B", "A", "B"])
  }

  @Test func textShowsAColumnForEachN() {
    let text = AccuracyTable(study).text
    let lines = text.split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(7) == [
        "top-1 accuracy on B (split halves), %",
        "treatment  base   n=1   n=2",
        "B          82.5",
        "BnB              82.0  78.0",
        "AnB              80.0  70.0",
        "AnB+                   84.0",
        "RnB                       ✗",
      ])
    #expect(text.contains("did not train: 1 run(s)"))
  }

  @Test func replicatesAreAveragedAndTheUntrainedLeftOut() {
    let table = AccuracyTable([
      result(.base, top1: 0.8, seed: 0), result(.base, top1: 0.9, seed: 1),
      result(.base, top1: 0.1, seed: 2, didNotTrain: true),
    ])
    let cell = table.panels[0].rows[0].cells[0]
    #expect(cell.accuracies == [0.8, 0.9])
    #expect(cell.untrained == 1)
    #expect(abs((cell.mean ?? 0) - 0.85) < 1e-12)
    #expect(table.text.contains("85.0✗"))
  }

  @Test func anEmptyReportHasNoPanels() {
    #expect(AccuracyTable([]).text == "")
  }
}

@Suite struct AccuracyExportTests {
  @Test func csvQuotesWhatNeedsIt() {
    let csv = AccuracyExport.csv([result(.base, target: "a \"b\", c", top1: 0.5)])
    let lines = csv.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(
      lines[1]
        == "halves,\"a \"\"b\"\", c\",,\"a \"\"b\"\", c\",base,0,0,0.5,1000,false,,final,false")
    var limited = result(.base, top1: 0.5)
    limited.entry.examples = 25
    #expect(
      AccuracyExport.csv([limited]).hasSuffix(
        ",B (25 a class),base,0,0,0.5,1000,false,25,final,false\n"))
    #expect(AccuracyExport.json([limited]).asList?.first?["examples"] == 25)
  }
  @Test func aScoreSelectedOnItsOwnImagesIsMarked() {
    var selected = result(.base, top1: 0.5)
    selected.scoreRule = "mean of best 10 on test"
    #expect(!AccuracyTable([selected]).text.contains("!"))
    selected.isSelectedOnItself = true
    #expect(
      AccuracyTable([selected]).text.contains("! 1 score(s) are of the measurements that were"))
    #expect(AccuracyExport.csv([selected]).hasSuffix(",mean of best 10 on test,true\n"))
    #expect(AccuracyExport.json([selected]).asList?.first?["selected-on-itself"] == true)
  }

  @Test func jsonHasARunEach() {
    guard case .list(let runs) = AccuracyExport.json(study) else {
      Issue.record("a list of runs")
      return
    }
    #expect(runs.count == study.count)
    #expect(runs[0]["treatment"] == "AnB")
    #expect(runs[2]["source"] == .null)
  }
}
