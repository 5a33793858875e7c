import Engine
import Stages
import Testing

@Suite struct EvaluationTallyTests {
  @Test func countsAreThoseDoneByHand() {
    var tally = EvaluationTally(classes: ["bird", "cat", "dog"])
    tally.add(
      BatchEvaluation(
        scores: [3, 1, 2, /**/ 1, 0, 2, /**/ 0, 5, 1], losses: [0.5, 1, 1.5], labels: [0, 1, 1]))
    tally.add(BatchEvaluation(scores: [0, 0, 1], losses: [3], labels: [2]))
    #expect(tally.images == 4)
    #expect(tally.top1 == 0.75)
    #expect(tally.top5 == 1)
    #expect(tally.loss == 1.5)
    #expect(tally.classResults.confusion == [[1, 0, 0], [0, 1, 1], [0, 0, 1]])
    #expect((0..<3).map { tally.classResults.accuracy(of: $0) } == [1, 0.5, 1])
    #expect(tally.result.images == 4 && tally.result.loss == 1.5 && tally.result.score == nil)
  }

  @Test func accuracyAtChanceIsMarked() {
    // Ten classes of a hundred images; `hits` of them are classified rightly, the rest one class off.
    func tally(hits: Int) -> EvaluationTally {
      var tally = EvaluationTally(classes: (0..<10).map { "c\($0)" })
      for image in 0..<1000 {
        let label = image % 10
        var scores = [Float](repeating: 0, count: 10)
        scores[image < hits ? label : (label + 1) % 10] = 1
        tally.add(BatchEvaluation(scores: scores, losses: [1], labels: [Int32(label)]))
      }
      return tally
    }
    // Chance is 100 of 1000, three deviations above it 128.5.
    #expect(tally(hits: 100).isAtChance)
    #expect(tally(hits: 128).isAtChance)
    #expect(!tally(hits: 129).isAtChance)
  }
}
