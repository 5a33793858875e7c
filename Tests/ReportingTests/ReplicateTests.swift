import Basics
import Definitions
import Planning
import Reporting
import Testing

/// What counts as a replicate: training runs whose seeds differ, or are not stated, and tasks whose classes differ.
@Suite struct ReplicateTests {
  private func study(_ text: String) throws -> Analysis {
    Analysis(
      try ResultsFile(SourceText(name: "r.csv", text: text), name: "r").results)
  }

  private func cost(_ analysis: Analysis) throws -> Estimate {
    let experiment = try #require(analysis.experiments.first)
    return try #require(experiment.contrast(.transferCost)?.points.first?.estimate)
  }

  private func table(_ transfers: [String], seeds: [String]? = nil) -> String {
    let bases = ["0.80", "0.83", "0.77", "0.81"]
    func row(_ start: String, _ values: [String]) -> [String] {
      values.enumerated().map { index, value in
        "\(start),\(value),1000,10" + (seeds.map { ",\($0[index])" } ?? "")
      }
    }
    return
      (["treatment,target,source,n,top1,images,classes" + (seeds == nil ? "" : ",seed")]
      + row("base,B,,", bases) + row("AnB,B,A,1", transfers)).joined(separator: "\n")
  }

  @Test func theOrderOfLinesWithoutSeedsDecidesNothing() throws {
    var texts: Set<String> = []
    for order in [
      ["0.76", "0.79", "0.73", "0.78"], ["0.73", "0.76", "0.78", "0.79"],
      ["0.79", "0.73", "0.78", "0.76"],
    ] {
      let analysis = try study(table(order))
      let estimate = try cost(analysis)
      #expect(abs(estimate.mean - 0.0375) < 1e-12)
      #expect(estimate.method == .none && estimate.units == 1)
      #expect(analysis.experiments[0].verdict.claims.allSatisfy { !$0.holds })
      #expect(
        analysis.experiments[0].verdict.sentences.first?.contains(
          "it is unknown which runs of the treatments belong together") == true)
      texts.insert(AnalysisText(analysis).text.split(separator: "!").first.map(String.init) ?? "")
      // Which of them belong together is unknown, but each is a training run.
      #expect(analysis.experiments[0].base?.estimate?.units == 4)
      #expect(analysis.warnings.contains { "\($0)".contains("a column 'seed'") })
    }
    #expect(texts.count == 1)
  }

  @Test func statedSeedsPairRuns() throws {
    let estimate = try cost(
      study(table(["0.76", "0.79", "0.73", "0.78"], seeds: ["0", "1", "2", "3"])))
    #expect(estimate.method == .student && estimate.units == 4)
  }

  @Test func copiesOfARunAreOneUnit() throws {
    let analysis = try study(
      table(["0.75", "0.75", "0.75", "0.75"], seeds: ["0", "0", "0", "0"]))
    let estimate = try cost(analysis)
    #expect(estimate.method == .none && estimate.units == 1)
    #expect(analysis.experiments[0].base?.estimate?.units == 1)
    #expect(analysis.experiments[0].verdict.claims.allSatisfy { !$0.holds })
  }

  @Test func copiesOfRunsOfDrawnTasksAreNoFurtherUnits() throws {
    func text(copies: Int) -> String {
      var lines = ["treatment,target,source,n,split,seed,top1"]
      for division in 0..<3 {
        for _ in 0..<copies {
          lines.append("base,B,,,random-\(division),0,0.8\(division)")
          lines.append("AnB,B,A,1,random-\(division),0,0.7\(2 * division)")
        }
      }
      return lines.joined(separator: "\n")
    }
    let once = try cost(study(text(copies: 1)))
    let thrice = try cost(study(text(copies: 3)))
    #expect(once.units == 3 && thrice.units == 3)
    #expect(abs(once.low - thrice.low) < 1e-12 && abs(once.high - thrice.high) < 1e-12)
  }

  /// Divisions 0 and 1 draw the same classes, once as A and once as B.
  @Test func tasksOfEqualClassesAreOneUnit() throws {
    let kinds = [Fingerprint(of: Array("x".utf8)), Fingerprint(of: Array("y".utf8))]
    func runs(known: Bool) -> [RunResult] {
      var all: [RunResult] = []
      for halving in 0..<3 {
        for (index, target) in ["A", "B"].enumerated() {
          let other = Fingerprint(of: Array("\(halving)\(target)".utf8))
          let classes = halving < 2 ? kinds[(index + halving) % 2] : other
          for (kind, source, n, top1) in [
            (TreatmentKind.base, nil, 0, 0.8), (.frozen, target == "A" ? "B" : "A", 1, 0.7),
          ] as [(TreatmentKind, String?, Int, Double)] {
            var result = run(
              kind, source: source, target: target, n: n,
              .top1(top1 + 0.01 * Double(3 * halving + 2 * index + n * halving)),
              halving: UInt64(halving))
            if known { result.design.classes = classes }
            all.append(result)
          }
        }
      }
      return all
    }
    let blind = analyse(runs(known: false))
    let seeing = analyse(runs(known: true))
    #expect(try cost(blind).units == 6)
    #expect(try cost(seeing).units == 4)
    #expect(try cost(seeing).count == 6)
    #expect(
      seeing.warnings.contains(
        .repeatedTasks(
          experiment: "random tasks (split halves)", tasks: [["0A", "1B"], ["0B", "1A"]])))
    #expect(!blind.warnings.contains { if case .repeatedTasks = $0 { true } else { false } })
  }

  @Test func intervalsEndWhereAccuraciesDo() throws {
    let text = """
      treatment,target,source,n,split,top1
      base,B,,,random-0,0.99
      base,B,,,random-1,0.60
      AnB,B,A,1,random-0,0.30
      AnB,B,A,1,random-1,0.59
      """
    let analysis = try study(text)
    let base = try #require(analysis.experiments[0].base?.estimate)
    #expect(base.low >= 0 && base.high == 1 && base.method == .student)
    #expect(try cost(analysis).high == 1)
  }

  @Test func numbersArePrintedAlikeHoweverTheyAreComputed() {
    #expect(points(-0.01725) == "−1.73")
    #expect(points((-0.01725).nextDown) == "−1.73")
    #expect(points((-0.01725).nextUp) == "−1.73")
  }

  @Test func sumsOfDecimalsAreTheNumbersTheyStandFor() {
    #expect(VariableValue("0.30000000000000004") == VariableValue("0.3"))
    #expect(VariableValue("9007199254740991") == .number(9_007_199_254_740_991))
    #expect(VariableValue("0.123456789012345") == .number(0.123456789012345))
  }

  @Test func aColumnThatIsWrongAsAWholeIsOneMistake() {
    let lines = (0..<30).map { "base,B,\(50 + $0).5" }
    let error = #expect(throws: DiagnosticError.self) {
      try study((["treatment,target,top1"] + lines).joined(separator: "\n"))
    }
    #expect(error?.diagnostics.count == 3)
    #expect(error?.diagnostics.last?.notes.last?.message.contains("and 27 more") == true)
  }

  @Test func aColumnThatDiffersInEveryRunIsSaid() throws {
    let lines = (0..<5).map { "base,B,\($0),0.5,\(100 + $0),0.1" }
    let file = try ResultsFile(
      SourceText(
        name: "r.csv",
        text: (["treatment,target,seed,top1,wall_time,lr"] + lines).joined(separator: "\n")),
      name: "r")
    #expect(file.alwaysDiffering == ["wall_time"])
  }
}
