import Engine
import Results
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

  @Test func imagesWithoutAPredictionAreErrors() throws {
    var tally = EvaluationTally(classes: ["cat", "dog"])
    tally.add(
      BatchEvaluation(
        scores: [.nan, 1, /**/ 0, .nan, /**/ 0, 1], losses: [1, 1, 1], labels: [0, 1, 1]))
    #expect(tally.top1 == 1.0 / 3 && tally.top5 == 1.0 / 3)
    let results = tally.classResults
    #expect(results.confusion == [[0, 0], [0, 1]])
    #expect(results.accuracy(of: 0) == 0 && results.accuracy(of: 1) == 0.5)
    #expect(results.images == 3 && results.unpredicted == 2)
    let details = EvaluationDetails(result: tally.result, classes: results)
    #expect(try EvaluationDetails(contents: details.contents) == details)
  }

  @Test func withoutAMatrixTheClassesAreCountedAllTheSame() throws {
    var whole = EvaluationTally(classes: ["bird", "cat", "dog"])
    var tally = EvaluationTally(classes: ["bird", "cat", "dog"], countsConfusion: false)
    let batch = BatchEvaluation(
      scores: [3, 1, 2, /**/ 1, 0, 2, /**/ 0, 5, 1], losses: [0.5, 1, 1.5], labels: [0, 1, 1])
    whole.add(batch)
    tally.add(batch)
    #expect(tally.result == whole.result)
    let results = tally.classResults
    #expect(results.confusion == nil && results.unpredicted == nil)
    #expect((0..<3).map { results.accuracy(of: $0) } == [1, 0.5, nil])
    let details = EvaluationDetails(result: tally.result, classes: results)
    #expect(details.value["confusion"] == nil)
    #expect(try EvaluationDetails(contents: details.contents) == details)
  }
}
