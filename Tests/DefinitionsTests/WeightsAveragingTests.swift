import Definitions
import Testing

@Suite struct WeightsAveragingTests {
  private func counts(_ average: TrainingLength?, perEpoch: Int, length: Int) -> [Int] {
    var solver = SolverDefinition(
      batch: 1, length: .iterations(length), rate: RateSchedule(start: 1))
    solver.average = average
    return (0...length).map { solver.averaged(after: $0, perEpoch: perEpoch, length: length) }
  }

  @Test func weightsAfterTheLastEpochsOrStepsCount() {
    #expect(counts(nil, perEpoch: 2, length: 4) == [0, 0, 0, 0, 0])
    #expect(counts(.epochs(2), perEpoch: 2, length: 6) == [0, 0, 0, 0, 1, 1, 2])
    #expect(counts(.iterations(3), perEpoch: 2, length: 6) == [0, 0, 0, 0, 1, 2, 3])
    // The last step counts, though its epoch is not complete.
    #expect(counts(.epochs(1), perEpoch: 4, length: 6) == [0, 0, 0, 0, 1, 1, 2])
    #expect(counts(.epochs(.max), perEpoch: 4, length: 5) == [0, 0, 0, 0, 1, 2])
    #expect(counts(.iterations(.max), perEpoch: 4, length: 2) == [0, 1, 2])
  }
}
