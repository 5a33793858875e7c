import Planning
import Reporting
import Testing

@Suite struct VerdictTests {
  private func verdict(_ study: SyntheticStudy) -> Verdict {
    study.analysis.experiments[0].verdict
  }

  private func text(_ verdict: Verdict) -> String { verdict.sentences.joined(separator: " ") }

  @Test func theFirstCostlyDepthAndWhatDominatesThereAreFound() {
    let lost = verdict(SyntheticStudy(lostCoadaptation: [0, 0.05], specificity: [0, 0.01]))
    #expect(lost.firstCostlyDepth == 2)
    #expect(lost.dominance == .coadaptation)
    #expect(text(lost).contains("first costs more than its interval at n=2"))
    #expect(text(lost).contains("There lost co-adaptation dominates"))

    let specific = verdict(SyntheticStudy(lostCoadaptation: [0, 0.01], specificity: [0, 0.05]))
    #expect(specific.dominance == .specificity)

    let even = verdict(SyntheticStudy(lostCoadaptation: [0, 0.05], specificity: [0, 0.05]))
    #expect(even.firstCostlyDepth == 2)
    #expect(even.dominance == .undecided)
    #expect(text(even).contains("these runs cannot tell"))
  }

  @Test func noCostIsSaidToBeNone() {
    let none = verdict(SyntheticStudy(lostCoadaptation: [0, 0], specificity: [0, 0]))
    #expect(none.firstCostlyDepth == nil && none.dominance == nil)
    #expect(text(none).contains("At no n does transfer"))
  }

  @Test(arguments: [
    (0.02, Verdict.Recovery.exceeds), (-0.03, .fallsShort), (0, .recovers),
  ])
  func fineTuningMakesUpForTheCostOrNot(gain: Double, recovery: Verdict.Recovery) {
    let verdict = verdict(
      SyntheticStudy(
        lostCoadaptation: [0, 0.05], specificity: [0, 0.05], transferGain: gain, selfferGain: 0))
    #expect(verdict.recovery == recovery, "\(verdict.sentences)")
  }

  @Test func theOtherTasksPartNeedsTheSelffer() {
    var study = SyntheticStudy(
      lostCoadaptation: [0.05], specificity: [0.05], transferGain: 0.02, selfferGain: 0.02)
    #expect(
      text(verdict(study)).contains("That the other task adds to what training on gives cannot"))
    study.selfferGain = 0
    #expect(text(verdict(study)).contains("The other task adds to what training on gives"))
    study.selfferGain = 0.04
    #expect(text(verdict(study)).contains("Training on without the other task gives more"))
    study.selfferGain = nil
    #expect(text(verdict(study)).contains("Without fine-tuned selffers (BnB+)"))
  }

  @Test func treatmentsWithoutACommonTargetAreNotCompared() {
    let study = SyntheticStudy(
      lostCoadaptation: [0.05], specificity: [0.05], transferGain: 0.02, selfferGain: 0.02)
    let runs = study.runs.filter { $0.design.kind != .fineTuned || $0.design.source == "A" }
    let sentences = text(analyse(runs).experiments[0].verdict)
    #expect(sentences.contains("AnB+ and BnB+ share no target"))
    #expect(sentences.contains("against the base of its own target AnB+ gains +1.95 "))
  }

  @Test func oneRunEachIsHedged() {
    let clear = verdict(
      SyntheticStudy(
        halvings: [0], lostCoadaptation: [0.01], specificity: [0.2], transferGain: 0.01))
    // Tasks A and B of one halving: two pairs, whose range tells nothing.
    #expect(clear.firstCostlyDepth == nil)

    let single = analyse([
      run(.base, .top1(0.9)), run(.frozen, source: "B", n: 1, .top1(0.89)),
      run(.frozen, source: "A", n: 1, .top1(0.6)),
    ]).experiments[0].verdict
    #expect(single.firstCostlyDepth == 1)
    #expect(single.dominance == .specificity)
    #expect(text(single).contains("one run each"))

    let unknown = analyse([
      run(.base, .top1(0.9, images: nil)), run(.frozen, source: "A", n: 1, .top1(0.6, images: nil)),
    ]).experiments[0].verdict
    #expect(unknown.firstCostlyDepth == nil)
    #expect(text(unknown).contains("cannot be told whether transfer"))
  }

  @Test func whatCannotBeComparedIsSaid() {
    let bases = analyse([run(.base, .top1(0.9))]).experiments[0].verdict
    #expect(text(bases).contains("base networks only"))
    let random = analyse([
      run(.base, .top1(0.9)), run(.random, n: 1, .top1(0.5)),
      run(.random, n: 2, .atChance(Measure(top1: 0.1, images: 1000))),
    ]).experiments[0].verdict
    #expect(text(random).contains("There is no frozen transfer"))
    #expect(text(random).contains("Random frozen layers cost +40.00"))
    #expect(text(random).contains("at n=2 the network did not train"))
    let lonely = analyse([run(.frozen, source: "A", n: 1, .top1(0.5))]).experiments[0].verdict
    #expect(text(lonely).contains("No target has both"))
    let unexplained = analyse(
      SyntheticStudy(lostCoadaptation: [0.1], specificity: [0.1]).runs.filter {
        $0.design.source == nil || $0.design.source != $0.design.target
      }
    ).experiments[0].verdict
    #expect(text(unexplained).contains("Without frozen selffers (BnB)"))
    #expect(unexplained.dominance == nil)
  }
}
