import Definitions
import Testing

@Suite struct ValidationRuleTests {
  /// A score needs a number of measurements: what planning counts must be what a training run makes.
  @Test func asManyMeasurementsAreMadeAsCounted() {
    let lengths: [TrainingLength] = [
      .epochs(1), .epochs(3), .epochs(7), .iterations(1), .iterations(9), .iterations(40),
    ]
    for length in lengths {
      for every in lengths {
        for images in [1, 9, 10, 25, 100] {
          let solver = SolverDefinition(
            batch: 10, length: length, rule: .momentum(0.9), rate: RateSchedule(start: 0.1))
          let rule = ValidationRule(every: every, subsets: [.test])
          let perEpoch = solver.iterationsPerEpoch(images: images)
          let steps = length.iterations(perEpoch: perEpoch)
          let made = (1...steps).count { rule.isDue(after: $0, perEpoch: perEpoch, length: steps) }
          #expect(
            rule.count(in: solver, images: images) == made, "\(length) \(every) \(images)")
        }
      }
    }
  }
}
