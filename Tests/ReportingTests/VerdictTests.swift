import Planning
import Reporting
import Testing

@Suite struct VerdictTests {
  private func verdict(_ study: SyntheticStudy) -> Verdict {
    study.analysis.experiments[0].verdict
  }

  private func text(_ verdict: Verdict) -> String { verdict.sentences.joined(separator: " ") }

  @Test func theFirstCostlyDepthAndTheLargerPartThereAreClaimed() {
    let lost = verdict(SyntheticStudy(lostCoadaptation: [0, 0.05], specificity: [0, 0.01]))
    #expect(lost.depths(.cost).first == 2 && lost.depths(.cost) == [2])
    #expect(lost.dominance(at: 2) == .coadaptation && lost.dominance(at: 1) == nil)
    #expect(text(lost).contains("Frozen transfer (AnB) costs accuracy at n=2: +6."))
    #expect(text(lost).contains("The larger part of it is lost co-adaptation at n=2"))
    #expect(text(lost).contains("At n=1 no difference is established"))
    #expect(text(lost).contains("tested together at a family-wise level of 5 %"))

    let specific = verdict(SyntheticStudy(lostCoadaptation: [0, 0.01], specificity: [0, 0.05]))
    #expect(specific.dominance(at: 2) == .specificity)

    let even = verdict(SyntheticStudy(lostCoadaptation: [0, 0.05], specificity: [0, 0.05]))
    #expect(even.depths(.cost).first == 2)
    #expect(even.dominance(at: 2) == .undecided)
    #expect(text(even).contains("Which part is larger is inconclusive at n=2"))
  }

  @Test func aNullResultIsInconclusiveAndSaysWhatWouldBeDetected() {
    let none = verdict(SyntheticStudy(lostCoadaptation: [0, 0], specificity: [0, 0]))
    #expect(none.depths(.cost).first == nil && !none.claims.isEmpty)
    #expect(none.claims.allSatisfy { !$0.holds })
    #expect(text(none).contains("no difference from the base is established at any n"))
    #expect(text(none).contains("with 80 % power this design detects a cost of 0."))
    #expect(!text(none).contains("family-wise"))
  }

  @Test func aGainOfFrozenTransferIsClaimed() {
    let gain = verdict(SyntheticStudy(lostCoadaptation: [0, 0], specificity: [-0.05, 0.05]))
    #expect(gain.depths(.gain) == [1] && gain.depths(.cost) == [2])
    #expect(text(gain).contains("Frozen transfer (AnB) is better than the base at n=1: +4.98 ["))
  }

  @Test(arguments: [
    (0.02, Verdict.FineTuning.exceeds), (-0.03, .fallsShort), (0, .undecided),
  ])
  func fineTunedTransferIsBetterWorseOrInconclusive(gain: Double, fineTuning: Verdict.FineTuning) {
    let verdict = verdict(
      SyntheticStudy(
        lostCoadaptation: [0, 0.05], specificity: [0, 0.05], transferGain: gain, selfferGain: 0))
    #expect(verdict.fineTuning == fineTuning, "\(verdict.sentences)")
    let isOpen = text(verdict).contains(
      "remain compatible with the data; with 80 % power this design detects")
    #expect(isOpen == (fineTuning == .undecided))
  }

  @Test func theOtherTasksPartNeedsTheSelffer() {
    var study = SyntheticStudy(
      lostCoadaptation: [0.05], specificity: [0.05], transferGain: 0.02, selfferGain: 0.02)
    #expect(
      text(verdict(study)).contains("adds to what further training gives is inconclusive"))
    study.selfferGain = 0
    #expect(text(verdict(study)).contains("The other task adds to what further training gives"))
    study.selfferGain = 0.04
    #expect(text(verdict(study)).contains("Layers from the other task give less"))
    study.selfferGain = nil
    #expect(text(verdict(study)).contains("Without fine-tuned selffers (BnB+)"))
  }

  @Test func treatmentsWithoutACommonTargetAreNotCompared() {
    let study = SyntheticStudy(
      lostCoadaptation: [0.05], specificity: [0.05], transferGain: 0.02, selfferGain: 0.02)
    let runs = study.runs.filter { $0.design.kind != .fineTuned || $0.design.source == "A" }
    let sentences = text(analyse(runs).experiments[0].verdict)
    #expect(sentences.contains("AnB+ and BnB+ have no target in common"))
    #expect(sentences.contains("AnB+ differs from the bases of its own targets by +1.95 "))
  }

  @Test func aSingleRunCarriesNoClaim() {
    let single = analyse([
      run(.base, .top1(0.9)), run(.frozen, source: "B", n: 1, .top1(0.89)),
      run(.frozen, source: "A", n: 1, .top1(0.6)), run(.fineTuned, source: "A", n: 1, .top1(0.99)),
      run(.fineTuned, source: "B", n: 1, .top1(0.5)), run(.random, n: 1, .top1(0.2)),
    ]).experiments[0].verdict
    #expect(single.claims.isEmpty && single.depths(.cost).first == nil && single.fineTuning == nil)
    #expect(text(single).contains("one run of each treatment at each n"))
    #expect(text(single).contains("larger than the choice of test images explains"))
    #expect(text(single).contains("Claims need pairs that are independent"))

    let unknown = analyse([
      run(.base, .top1(0.9, images: nil)), run(.frozen, source: "A", n: 1, .top1(0.6, images: nil)),
    ]).experiments[0].verdict
    #expect(unknown.claims.isEmpty)
    #expect(text(unknown).contains("The largest difference is +30.00 points at n=1 (base − AnB)."))
  }

  @Test func twoPairsDecideLittleAndSayWhatMoreWouldGive() {
    let study = SyntheticStudy(
      halvings: [0], lostCoadaptation: [0.001], specificity: [0.001], transferGain: 0.001)
    let two = verdict(study)
    #expect(two.depths(.cost).first == nil)
    #expect(text(two).contains("Two independent pairs give wide intervals"))
    #expect(text(two).contains("five would narrow the one at n=1 from ±"))
    // An effect far beyond the spread is found with two.
    var clear = study
    clear.specificity = [0.4]
    #expect(verdict(clear).depths(.cost).first == 1)
  }

  @Test func seedsThatShareABaseAreOneUnit() {
    let runs =
      [run(.base, .top1(0.8))]
      + (0..<5).map {
        run(.frozen, source: "A", n: 1, .top1(0.6 + 0.001 * Double($0)), seed: UInt64($0))
      }
    let shared = analyse(runs).experiments[0]
    let estimate = shared.contrast(.transferCost)?.points[0].estimate
    #expect(estimate?.units == 1 && estimate?.method == Estimate.Method.none)
    #expect(shared.verdict.claims.isEmpty)
    #expect(text(shared.verdict).contains("all pairs at one n share a base network"))
  }

  @Test func whatIsStarredAloneNeedNotHoldTogether() throws {
    // t = 3.27 with three degrees of freedom: p = 0.047, of either side.
    let values = [0.005, 0.02, 0.02, 0.035]
    let runs = values.enumerated().flatMap { halving, gain -> [RunResult] in
      let halving = UInt64(halving)
      return [
        run(.base, .top1(0.5, images: nil), halving: halving),
        run(.frozen, source: "A", n: 1, .top1(0.5, images: nil), halving: halving),
        run(.fineTuned, source: "A", n: 1, .top1(0.5 + gain, images: nil), halving: halving),
      ]
    }
    let experiment = analyse(runs).experiments[0]
    let estimate = try #require(experiment.contrast(.fineTuningGain)?.points[0].estimate)
    #expect(estimate.isAboveZero)
    let claim = try #require(experiment.verdict.claims.first { $0.subject == .fineTuning })
    #expect(!claim.holds && claim.chance < 0.05 && claim.chance > claim.level)
    #expect(text(experiment.verdict).contains("the 95 % interval by itself excludes zero"))
  }

  @Test func whatCannotBeComparedIsSaid() {
    let bases = analyse([run(.base, .top1(0.9))]).experiments[0].verdict
    #expect(text(bases).contains("base networks only"))
    let random = analyse([
      run(.base, .top1(0.9)), run(.random, n: 1, .top1(0.5)),
      run(.random, n: 2, .atChance(Measure(top1: 0.1, images: 1000))),
    ]).experiments[0].verdict
    #expect(text(random).contains("There is no frozen transfer"))
    #expect(text(random).contains("Random frozen layers (RnB) differ from the base by +40.00"))
    #expect(text(random).contains("the network did not train at n=2"))
    let lonely = analyse([run(.frozen, source: "A", n: 1, .top1(0.5))]).experiments[0].verdict
    #expect(text(lonely).contains("No target has both"))
    let unexplained = analyse(
      SyntheticStudy(lostCoadaptation: [0.1], specificity: [0.1]).runs.filter {
        $0.design.source == nil || $0.design.source != $0.design.target
      }
    ).experiments[0].verdict
    #expect(text(unexplained).contains("Without frozen selffers (BnB)"))
    #expect(unexplained.dominance(at: 1) == nil)
  }

  @Test func costsOfRandomFiltersAreClaimed() {
    let runs = (0..<4).flatMap { halving -> [RunResult] in
      [
        run(.base, .top1(0.8 + 0.01 * Double(halving)), halving: UInt64(halving)),
        run(.random, n: 1, .top1(0.6 + 0.011 * Double(halving)), halving: UInt64(halving)),
      ]
    }
    let verdict = analyse(runs).experiments[0].verdict
    #expect(verdict.depths(.randomFilters) == [1])
    #expect(text(verdict).contains("Random frozen layers (RnB) cost accuracy at n=1: +19.85"))
  }
}
