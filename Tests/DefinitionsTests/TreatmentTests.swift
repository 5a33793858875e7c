import Definitions
import Testing

@Suite struct TreatmentTests {
  @Test func labelsAreReadAsTheyAreWritten() {
    var treatments: [Treatment] = [
      .base, .selffer, .selfferFineTuned, .transfer, .transferFineTuned, .random,
    ]
    for crosses in [false, true] {
      treatments.append(Treatment(kind: .other, crossesTasks: crosses))
      treatments += [1, 2, 12].map {
        Treatment(kind: .preserved, crossesTasks: crosses, preserved: $0)
      }
    }
    treatments += treatments.filter { $0.kind != .base }.map {
      var phased = $0
      phased.phases = "lp-ft, phase 1 of 2"
      return phased
    }
    for treatment in treatments { #expect(Treatment(label: treatment.label) == treatment) }
    #expect(Set(treatments.map(\.label)).count == treatments.count)
    #expect(Treatment(label: "base") == .base && Treatment(label: "random") == .random)
  }

  @Test(arguments: [
    "", "A", "AnA", "A3B", "CnB", "AnB++", "Anp0B", "AnpB", "RnB+", "Rnp2B", "AnB+ (other)", "A→B",
    "AnB+ ()", "base (lp-ft)", "B (lp-ft)",
    "Anp2B+", "anb", "Anp99999999999999999999B",
  ])
  func otherTextsAreNone(_ text: String) { #expect(Treatment(label: text) == nil) }

  @Test func phasesTogetherAreATreatment() {
    let verbs: [(LayerVerb, LayerVerb, LayerVerb)] = [
      (.freeze, .freeze, .freeze), (.freeze, .fineTune, .fineTune), (.fineTune, .freeze, .fineTune),
      (.initialize, .fineTune, .initialize), (.initialize, .freeze, .initialize),
      (.random, .freeze, .random), (.random, .fineTune, .initialize),
      (.fineTune, .initialize, .initialize), (.freeze, .random, .random),
    ]
    for (first, second, both) in verbs {
      let treatment = LayerTreatment(layer: "a", verb: first, rate: 2)
        .followed(by: LayerTreatment(layer: "a", verb: second))
      #expect(treatment == LayerTreatment(layer: "a", verb: both), "\(first), \(second)")
    }
  }

  @Test func theNotationIsReadAsItIsWritten() throws {
    for (source, depth, preserved, target, isFineTuned, text) in [
      ("A", 3, 0, "B", false, "A3B"), ("B", 12, 0, "B", true, "B12B+"),
      ("A", 3, 2, "C", false, "A3p2C"), ("R", 1, 0, "B", false, "R1B"),
    ] {
      #expect(
        TreatmentNotation.text(
          source: source, depth: "\(depth)", preserved: preserved, target: target,
          isFineTuned: isFineTuned) == text)
      let read = try #require(TreatmentNotation(text))
      #expect(read.source.text == source && read.target.text == target && read.depth == depth)
      #expect((read.preserved ?? 0) == preserved && read.isFineTuned == isFineTuned)
    }
    #expect(
      TreatmentNotation.text(source: "natural", depth: "3", target: "man-made", isFineTuned: true)
        == "natural-3-man-made+")
    let arrow = try #require(TreatmentNotation("natural→man-made+"))
    #expect(arrow.source.text == "natural" && arrow.target.text == "man-made" && arrow.isFineTuned)
    #expect(TreatmentNotation("AnB")?.depth == nil)
  }
}
