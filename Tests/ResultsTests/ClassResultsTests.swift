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

  @Test func countsThatDoNotFitAreNone() {
    func results(_ images: [Int], _ correct: [Int], _ confusion: [[Int]]?) -> ClassResults? {
      ClassResults(classes: ["cat", "dog"], images: images, correct: correct, confusion: confusion)
    }
    #expect(results([3, 4], [3, 0], nil)?.accuracy(of: 0) == 1)
    #expect(results([3, 4], [2, 0], [[2, 0], [1, 0]])?.unpredicted == 4)
    #expect(results([3], [3], nil) == nil)
    #expect(results([3, 4], [4, 0], nil) == nil)
    #expect(results([3, 4], [-1, 0], nil) == nil)
    #expect(results([3, .max], [0, 0], nil) == nil)
    #expect(results([3, 4], [2, 0], [[2, 2], [1, 0]]) == nil)
    #expect(results([3, 4], [2, 0], [[1, 2], [1, 0]]) == nil)
    #expect(results([3, 4], [2, 0], [[2, 0]]) == nil)
  }
}
