import Results
import Testing

@Suite struct ClassResultsTests {
  @Test func sharesAreOfTheTrueClass() throws {
    let results = try #require(
      ClassResults(classes: ["cat", "dog"], confusion: [[8, 2], [1, 9]]))
    #expect(results.accuracy(of: 0) == 0.8)
    #expect(results.share(of: 1, takenFor: 0) == 0.1)
    #expect(results.images == 20)
    #expect(
      results.confusedPairs(atMost: 5).map { [$0.actual, $0.predicted] } == [[0, 1], [1, 0]])
    #expect(results.confusedPairs(atMost: 1).count == 1)
  }

  @Test func matricesThatDoNotFitAreNone() {
    for confusion in [[], [[1, 2]], [[1], [2]], [[1, 2], [3, -1]], [[1, 2], [3, .max]]] {
      #expect(ClassResults(classes: ["cat", "dog"], confusion: confusion) == nil)
    }
    #expect(ClassResults(classes: [], confusion: []) == nil)
  }
}
