import Reporting
import Testing

@Suite struct TestFamilyTests {
  private func question(
    _ chances: [Double], share: Double = 1, first: Double = 0.8, limit: Double = 1
  ) -> TestFamily.Question {
    TestFamily.Question(
      share: share, first: first,
      hypotheses: chances.map { TestFamily.Hypothesis(chance: $0, limit: limit) })
  }

  private func rejected(_ questions: [TestFamily.Question]) -> [[Bool]] {
    TestFamily(level: 0.05, questions: questions).outcomes.map { $0.map(\.isRejected) }
  }

  @Test func aRejectionHandsItsLevelToTheNext() {
    // 0.04, 0.005, 0.005; then 0.045 for the second, and all for the third.
    let outcomes = TestFamily(level: 0.05, questions: [question([0.03, 0.02, 0.5])]).outcomes[0]
    #expect(outcomes.map(\.isRejected) == [true, true, false])
    #expect(zip(outcomes.map(\.level), [0.04, 0.045, 0.05]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func laterOnesHaveALevelOfTheirOwn() {
    // The second has 0.005 and hands it to the third, which hands all to the first: still not enough.
    let outcomes = TestFamily(level: 0.05, questions: [question([0.06, 0.004, 0.006])]).outcomes[0]
    #expect(outcomes.map(\.isRejected) == [false, true, true])
    #expect(abs(outcomes[0].level - 0.05) < 1e-12)
    #expect(rejected([question([0.045, 0.004, 0.006])]) == [[true, true, true]])
    #expect(rejected([question([0.06, 0.006, 0.006])]) == [[false, false, false]])
  }

  @Test func anAnsweredQuestionHandsItsLevelToTheOthers() {
    let half = { self.question([$0], share: 0.5) }
    #expect(rejected([half(0.02), half(0.04)]) == [[true], [true]])
    #expect(rejected([half(0.03), half(0.04)]) == [[false], [false]])
    // Questions that are not asked leave their share to the others.
    #expect(rejected([half(0.04), question([], share: 0.5)]) == [[true], []])
    // 0.02 of the first is divided 2 : 1.
    let outcomes = TestFamily(
      level: 0.05,
      questions: [
        question([0], share: 0.4), question([1], share: 0.4), question([1], share: 0.2),
      ]
    ).outcomes
    #expect(abs(outcomes[1][0].level - (0.02 + 0.04 / 3)) < 1e-12)
    #expect(abs(outcomes[2][0].level - (0.01 + 0.02 / 3)) < 1e-12)
  }

  @Test func gatesAndLimitsHoldBack() {
    let gate = TestFamily.Position(question: 0, place: 0)
    let gated = TestFamily.Question(
      share: 1, first: 1, hypotheses: [TestFamily.Hypothesis(chance: 0, limit: 1, gate: gate)])
    #expect(rejected([question([0.5]), gated]) == [[false], [false]])
    #expect(rejected([question([0.01]), gated]) == [[true], [true]])
    #expect(rejected([question([0.03], limit: 0.025)]) == [[false]])
    #expect(rejected([]) == [])
  }
}
