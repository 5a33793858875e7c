import Basics
import Planning
import Reporting
import Testing

@Suite struct TableTests {
  private let study = [
    run(.base, .top1(0.825)), run(.frozen, source: "B", n: 1, .top1(0.82)),
    run(.frozen, source: "B", n: 2, .top1(0.78)), run(.frozen, source: "A", n: 1, .top1(0.8)),
    run(.frozen, source: "A", n: 2, .top1(0.7)), run(.fineTuned, source: "A", n: 2, .top1(0.84)),
    run(.random, n: 2, .atChance(Measure(top1: 0.26, images: 1000))),
    run(.base, target: "A", .top1(0.9)),
  ]

  @Test func textShowsAColumnForEachN() {
    let lines = AnalysisText(analyse(study)).text.split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(16) == [
        "top-1 accuracy on B (split halves), %",
        "treatment   n=0   n=1   n=2",
        "base       82.5",
        "BnB              82.0  78.0",
        "AnB              80.0  70.0",
        "AnB+                   84.0",
        "RnB                       ✗",
        "✗ a run did not train or diverged, and is excluded from the mean",
        "bases that layers are copied from: 0A 90.0",
        "points, paired by target                     n=1      n=2  pairs",
        "base − BnB   lost co-adaptation           +0.50    +4.50†      1",
        "BnB − AnB    specificity                  +2.00    +8.00†      1",
        "base − AnB   cost of transfer             +2.50   +12.50†      1",
        "AnB+ − base  gain of fine-tuned transfer      –    +1.50       1",
        "† one run each: larger than the choice of test images explains (95 %, binomial); another training",
        "  run may differ",
      ], "\(lines.joined(separator: "\n"))")
  }

  @Test func textEndsWithVerdictAndWarnings() {
    let text = AnalysisText(analyse(study)).text
    #expect(text.contains("\nWhether frozen transfer (AnB) costs accuracy is inconclusive"))
    #expect(text.contains("\n! 1 run did not train"))
    #expect(text.contains("\n! each treatment has a single run at each n"))
  }

  @Test func replicatesAreAveraged() {
    let text = AnalysisText(
      analyse([
        run(.base, .top1(0.8)), run(.base, .top1(0.9), halving: 1),
        run(.base, .missing("not yet"), halving: 2),
      ])
    ).text
    #expect(text.contains("\nbase       85.0?\n"))
    #expect(text.contains("means of 2 runs"))
    #expect(text.contains("? missing"))
  }

  @Test func controlCharactersDoNotReachTheTerminal() {
    let text = AnalysisText(
      analyse([run(.base, target: "B\u{1b}[31m", .top1(0.8), halving: nil, name: "x\u{7}")])
    ).text
    #expect(!text.contains("\u{1b}") && !text.contains("\u{7}"))
    let broken = AnalysisText(analyse([run(.base, target: "B\nC", .top1(0.8), halving: nil)])).text
    #expect(broken.hasPrefix("top-1 accuracy on B\\nC (split halves), %\n"))
  }

  @Test func boostsAreGivenBothWays() {
    let analysis = SyntheticStudy(
      lostCoadaptation: [0, 0, 0], specificity: [0, 0, 0], transferGain: 0.02, selfferGain: 0.01
    ).analysis
    let boosts = analysis.experiments[0].boosts
    #expect(boosts.map(\.depths) == [1...3, 1...3, 1...3, 3...3, 3...3, 3...3])
    #expect(boosts.map(\.kind).prefix(3) == [.fineTuningGain, .transferGain, .selfferGain])
    let text = AnalysisText(analysis).text
    #expect(text.contains("points, mean over n"))
    #expect(text.contains("AnB+ − base  paired by target"))
    #expect(text.contains("             means of all runs"))
  }

  @Test func boostsOverTheSameDepthsAreGivenOnce() {
    let runs = [3, 7].flatMap { depth in
      [
        run(.fineTuned, source: "A", n: depth, .top1(0.6)),
        run(.frozen, source: "A", n: depth, .top1(0.5)),
      ]
    }
    let boosts = analyse(runs + [run(.base, .top1(0.5))]).experiments[0].boosts
    #expect(boosts.map(\.depths) == [3...7, 5...7])
  }

  /// With one n, the mean over n is the difference at it.
  @Test func theOnlyDepthIsMarkedAsClaimed() throws {
    func differences(_ depths: Int) throws -> String {
      let analysis = SyntheticStudy(
        halvings: Array(0..<8), lostCoadaptation: Array(repeating: 0, count: depths),
        specificity: Array(repeating: 0, count: depths), transferGain: 0.05
      ).analysis
      #expect(analysis.experiments[0].verdict.fineTuning == .exceeds)
      return try #require(
        AnalysisText(analysis).text.split(separator: "\n").map(String.init)
          .first { $0.hasPrefix("AnB+ − base  gain") })
    }
    #expect(try differences(1).contains("‡"))
    #expect(try !differences(2).contains("‡"))
  }

  @Test func csvQuotesWhatNeedsIt() throws {
    let odd = run(.base, target: "a \"b\", c", .top1(0.5), halving: nil, name: "line\nbreak")
    let csv = try RunTable([odd]).csv.text
    #expect(csv.hasPrefix("run,network,split,division,"))
    #expect(
      csv.contains("\"line\nbreak\",,halves,listed,,\"a \"\"b\"\", c\",,base,0,0,,,0.5,1000,"))
  }

  @Test func jsonHasARunEach() throws {
    let json = try RunTable.json(analyse(study).results).value
    #expect(json["format"] == 1)
    let runs = try #require(json["runs"]?.asList)
    #expect(runs.count == study.count)
    #expect(runs[3]["treatment"] == "AnB" && runs[3]["source"] == "A")
    #expect(runs[0]["source"] == .null)
    #expect(runs[6]["outcome"] == "did-not-train")
  }

  @Test func meansAndContrastsHaveALineEach() throws {
    let analysis = analyse(study)
    let means = AnalysisTables.means(analysis).split(separator: "\n").map(String.init)
    #expect(means.count == 1 + 7)
    #expect(means[1].hasPrefix("random tasks (split halves),,halves,base,0,0.825,0.8"))
    #expect(means[1].hasSuffix(",binomial,1,1,0,0,0"))
    #expect(means[7] == "random tasks (split halves),,halves,RnB,2,,,,,,0,1,0,0")
    let contrasts = AnalysisTables.contrasts(analysis).split(separator: "\n").map(String.init)
    #expect(contrasts.count == 1 + 3 * 2 + 1)
    #expect(
      contrasts[1].hasPrefix("random tasks (split halves),,halves,lost-co-adaptation,base − BnB,1,")
    )
    #expect(contrasts[1].hasSuffix(",binomial,1,1,false,,"))
  }

  @Test func theAnalysisIsJSON() throws {
    let json = try AnalysisTables.json(analyse(study)).value
    #expect(json["format"] == 1)
    let experiment = try #require(json["experiments"]?.asList?.first)
    #expect(experiment["targets"] == ["0B"])
    #expect(experiment["contrasts"]?.asList?.count == 4)
    #expect(experiment["verdict"]?.asList?.isEmpty == false)
    #expect(experiment["claims"]?.asList?.isEmpty == true)
    #expect(json["warnings"]?.asList?.count == 2)
  }

  @Test func footnotesAreOfTheMarksInTheTable() throws {
    let clear = AnalysisText(
      SyntheticStudy(
        lostCoadaptation: [0, 0.05], specificity: [0, 0.05], transferGain: 0, selfferGain: 0
      ).analysis
    ).text
    #expect(clear.contains("‡ claimed by the verdict"))
    #expect(clear.contains("* its own 95 % interval (Student's t over 8 independent units)"))
    #expect(!clear.contains("†"))
    let none = AnalysisText(
      analyse([
        run(.base, .top1(0.8)), run(.frozen, source: "A", n: 1, .top1(0.8)),
      ])
    ).text
    for mark in ["*", "†", "‡"] { #expect(!none.contains(mark)) }
  }

  @Test func claimsAreInTheAnalysis() throws {
    let json = try AnalysisTables.json(
      SyntheticStudy(lostCoadaptation: [0, 0.05], specificity: [0, 0.05]).analysis
    ).value
    let claims = try #require(json["experiments"]?.asList?.first?["claims"]?.asList)
    let cost = try #require(claims.first { $0["subject"] == "cost" && $0["n"] == 2 })
    #expect(cost["holds"] == true)
    #expect(cost["estimate"]?["method"] == "student-t")
    let chance = try #require(cost["chance"]?.double)
    #expect(chance <= (try #require(cost["level"]?.double)))
  }
}
