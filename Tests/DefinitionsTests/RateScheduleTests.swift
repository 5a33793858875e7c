import Definitions
import Testing

@Suite struct RateScheduleTests {
  /// Learning rates of single steps, with 10 steps per epoch and 100 in total.
  private func rates(_ schedule: RateSchedule, at iterations: [Int]) -> [Double] {
    iterations.map { schedule.rate(at: $0, perEpoch: 10, length: 100) }
  }

  private func isClose(_ rates: [Double], _ expected: [Double]) -> Bool {
    zip(rates, expected).allSatisfy { abs($0 - $1) <= 1e-12 * abs($1) + 1e-15 }
      && rates.count == expected.count
  }

  @Test func fixedStays() {
    #expect(rates(RateSchedule(start: 0.1), at: [0, 50, 99]) == [0.1, 0.1, 0.1])
  }

  @Test func stepFallsEverySoOften() {
    let inIterations = RateSchedule(start: 1, policy: .step(every: .iterations(30), by: 0.1))
    #expect(
      isClose(rates(inIterations, at: [0, 29, 30, 59, 60, 99]), [1, 1, 0.1, 0.1, 0.01, 0.001]))
    let inEpochs = RateSchedule(start: 1, policy: .step(every: .epochs(3), by: 0.1))
    #expect(rates(inEpochs, at: Array(0..<100)) == rates(inIterations, at: Array(0..<100)))
  }

  @Test func multistepFallsAtEach() {
    let schedule = RateSchedule(
      start: 1, policy: .multistep(at: [.epochs(2), .iterations(50)], by: 0.5))
    #expect(isClose(rates(schedule, at: [19, 20, 49, 50, 99]), [1, 0.5, 0.5, 0.25, 0.25]))
  }

  @Test func polynomialEndsNearZero() {
    let schedule = RateSchedule(start: 2, policy: .polynomial(power: 2))
    #expect(isClose(rates(schedule, at: [0, 50, 90]), [2, 0.5, 0.02]))
  }

  @Test func exponentialFallsEachStep() {
    #expect(
      isClose(
        rates(RateSchedule(start: 1, policy: .exponential(by: 0.5)), at: [0, 1, 3]),
        [1, 0.5, 0.125]))
  }

  @Test func restartsBeginAgain() {
    let even = RateSchedule(
      start: 1, policy: .restarts(every: .epochs(2), by: 1, end: 0.2))
    #expect(isClose(rates(even, at: [0, 10, 20, 30, 40]), [1, 0.6, 1, 0.6, 1]))
    let longer = RateSchedule(
      start: 1, policy: .restarts(every: .iterations(10), by: 3, end: 0))
    #expect(isClose(rates(longer, at: [0, 5, 10, 25, 40, 85]), [1, 0.5, 1, 0.5, 1, 0.5]))
    let longest = RateSchedule(
      start: 1, policy: .restarts(every: .iterations(.max / 2), by: 100, end: 0))
    #expect(isClose([longest.rate(at: 99, perEpoch: 1, length: 100)], [1]))
  }

  /// PyTorch reaches the peak at step `rise` · length − 1, and the end at the last one.
  @Test func oneCycleRisesAndFalls() {
    let schedule = RateSchedule(start: 0.1, policy: .oneCycle(peak: 1, rise: 0.31, end: 0.2))
    #expect(isClose(rates(schedule, at: [0, 15, 30, 99]), [0.1, 0.55, 1, 0.2]))
    let falling = RateSchedule(start: 0.1, policy: .oneCycle(peak: 1, rise: 0, end: 0))
    #expect(isClose(rates(falling, at: [0]), [1]))
    #expect(falling.rate(at: 0, perEpoch: 1, length: 1) == 1)
  }

  @Test func cosineGoesFromStartToEnd() {
    let schedule = RateSchedule(start: 1, policy: .cosine(end: 0.2))
    #expect(isClose(rates(schedule, at: [0, 50, 100]), [1, 0.6, 0.2]))
    // ½ (1 + cos 45°) of the way.
    #expect(isClose(rates(schedule, at: [25]), [0.2 + 0.8 * 0.8535533905932737]))
  }

  @Test func warmUpRisesToThePolicysRate() {
    let schedule = RateSchedule(start: 1, warmUp: .iterations(4))
    #expect(isClose(rates(schedule, at: [0, 1, 2, 3, 4, 5]), [0.2, 0.4, 0.6, 0.8, 1, 1]))
    let falling = RateSchedule(
      start: 1, policy: .step(every: .iterations(2), by: 0.1), warmUp: .iterations(4))
    #expect(isClose(rates(falling, at: [0, 2, 4]), [0.2, 0.06, 0.01]))
  }

  @Test func lengthsCountSteps() {
    #expect(TrainingLength.epochs(3).iterations(perEpoch: 7) == 21)
    #expect(TrainingLength.iterations(3).iterations(perEpoch: 7) == 3)
  }
}
