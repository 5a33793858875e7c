import Basics
import Definitions
import Results
import Testing

@Suite struct ScoreTests {
  @Test func scoresAreThoseDoneByHand() throws {
    func point(_ iteration: Int, _ subset: Portion, _ top1: Double) -> Measurement {
      Measurement(
        iteration: iteration, epoch: 0, subset: subset, images: 10, loss: 1, top1: top1, top5: 1)
    }
    let points = [
      point(10, .validation, 0.5), point(10, .test, 0.25), point(20, .validation, 0.75),
      point(20, .test, 0.5), point(30, .validation, 0.75), point(30, .test, 1),
      point(40, .validation, 0.25), point(40, .test, 0.75),
    ]
    #expect(try ScoreRule.final.score(on: .test, from: points) == nil)
    #expect(try ScoreRule.meanOfLast(2).score(on: .test, from: points) == 0.875)
    #expect(try ScoreRule.best(2, on: .test).score(on: .test, from: points) == 0.875)
    // Iterations 20 and 30 are the best; of one, the earlier.
    #expect(try ScoreRule.best(2, on: .validation).score(on: .test, from: points) == 0.75)
    #expect(try ScoreRule.best(1, on: .validation).score(on: .test, from: points) == 0.5)
    #expect(throws: DiagnosticError.self) {
      try ScoreRule.best(5, on: .validation).score(on: .test, from: points)
    }
    #expect(throws: DiagnosticError.self) {
      try ScoreRule.meanOfLast(1).score(on: .train, from: points)
    }
  }
}
