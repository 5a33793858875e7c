import Planning
import Reporting
import Testing

@Suite struct ResultWarningTests {
  private let sound = SyntheticStudy(lostCoadaptation: [0, 0.1], specificity: [0, 0.1])

  @Test func aBalancedStudyHasNoWarning() {
    #expect(sound.analysis.warnings.isEmpty)
  }

  @Test func treatmentsOnDifferentTargetsAreTold() throws {
    // As in the authors' logs: transfers to B, selffers on A.
    let runs = sound.runs.filter {
      $0.design.kind == .base || ($0.design.source == "A" && $0.design.depth == 1)
    }
    let warning = try #require(analyse(runs).warnings.first)
    guard case .unbalanced(_, let gaps) = warning else {
      Issue.record("\(warning)")
      return
    }
    #expect(gaps.map(\.treatment) == ["BnB", "AnB"])
    #expect(gaps[0].absent == ["0B", "1B", "2B", "3B"])
    #expect(gaps[1].measured == ["0B", "1B", "2B", "3B"])
    #expect("\(warning)".contains("BnB was measured on 0A, 1A, 2A, 3A, not on 0B, 1B, 2B, 3B"))
  }

  @Test func aTargetMissingAtSomeDepthIsTold() {
    let runs = sound.runs.filter { !($0.name.contains("halves-2-B1A")) }
    guard case .unbalanced(_, let gaps)? = analyse(runs).warnings.first else {
      Issue.record("there is a gap")
      return
    }
    #expect(gaps.count == 1)
    #expect(gaps[0].absent.isEmpty)
    #expect(gaps[0].partial.map(\.target) == ["2A"] && gaps[0].partial[0].depths == [1])
    #expect("\(gaps[0])".hasSuffix("(but not on 2A at n=1)"))
  }

  @Test func aMissingBaseIsAGap() {
    let runs = sound.runs.filter { !($0.design.kind == .base && $0.target.label == "1A") }
    guard case .unbalanced(_, let gaps)? = analyse(runs).warnings.first else {
      Issue.record("there is a gap")
      return
    }
    #expect(gaps.map(\.treatment) == ["base"] && gaps[0].absent == ["1A"])
  }

  @Test func aBaseSharedBySeedsIsNoGap() {
    let warnings = analyse(
      [run(.base, .top1(0.8))]
        + (0..<3).map { run(.frozen, source: "A", n: 1, .top1(0.7), seed: UInt64($0)) }
    ).warnings
    #expect(!warnings.contains { if case .unbalanced = $0 { true } else { false } })
  }

  @Test func scoresSelectedOnTheirOwnImagesAreTold() {
    var runs = sound.runs
    let chosen = Measure(
      top1: 0.6, images: 10, rule: "mean of best 10 on test", isSelectedOnItself: true)
    runs[0].outcome = .measured(chosen)
    #expect(
      analyse(runs).warnings == [
        .selectedOnTestData(rule: "mean of best 10 on test", runs: 1),
        .mixedScores(["final", "mean of best 10 on test"]),
      ])
  }

  @Test func outcomesOtherThanAnAccuracyAreTold() {
    var runs = sound.runs
    runs[1].outcome = .atChance(Measure(top1: 0.1, images: 10))
    #expect(analyse(runs).warnings == [.didNotTrain(runs: [runs[1].name])])
    runs[1].outcome = .diverged("the loss became nan")
    #expect(
      analyse(runs).warnings.contains(
        .diverged(runs: [runs[1].name], reasons: ["the loss became nan"])))
    runs[1].outcome = .missing("not yet")
    #expect(analyse(runs).warnings.contains(.missing(runs: [runs[1].name])))
  }

  @Test func oneReplicateIsTold() {
    let single = analyse([run(.base, .top1(0.8)), run(.frozen, source: "A", n: 1, .top1(0.7))])
    #expect(single.warnings == [.singleReplicate(experiments: ["random tasks (split halves)"])])
    let double = analyse([
      run(.base, .top1(0.8)), run(.base, .top1(0.8), halving: 1),
      run(.frozen, source: "A", n: 1, .top1(0.7)),
      run(.frozen, source: "A", n: 1, .top1(0.7), halving: 1),
    ])
    #expect(double.warnings.isEmpty)
  }

  @Test func runsThatCannotBeToldApartAreTold() {
    let twice = [0.7, 0.6].map { run(.frozen, source: "A", n: 1, .top1($0), name: "run \($0)") }
    let warnings = analyse([run(.base, .top1(0.8))] + twice).warnings
    #expect(
      warnings == [
        .indistinguishable(
          experiment: "random tasks (split halves)", runs: ["run 0.7", "run 0.6"],
          haveSeeds: true)
      ])
    #expect("\(warnings[0])".contains("run 0.7, run 0.6"))
  }

  @Test func unknownChanceIsTold() {
    let runs = sound.runs
    #expect(
      analyse(runs, chance: .lowestScores(upTo: 0.001)).warnings == [.chanceUnknown(upTo: 0.001)])
    #expect(analyse(runs, chance: .classes).warnings.isEmpty)
  }

  @Test func manyNamesAreCutShort() {
    let text = "\(ResultWarning.missing(runs: (1...100).map { "run \($0)" }))"
    #expect(text.hasSuffix("run 12 and 88 more"))
    #expect(ranges([1, 5, 6, 7, 9]) == "1, 5–7, 9" && ranges([]) == "")
  }
}
