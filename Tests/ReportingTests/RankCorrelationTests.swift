import Reporting
import Testing

@Suite struct RankCorrelationTests {
  @Test func byHand() throws {
    // Of ten pairs of pairs, eight agree.
    let pairs: [(Double, Double)] = [(1, 2), (2, 1), (3, 3), (4, 5), (5, 4)]
    let found = try #require(RankCorrelation(pairs))
    #expect((found.tau - 0.6).magnitude < 1e-12 && found.count == 5)
    // artanh 0.6 ± 1.96 √0.437
    let interval = try #require(found.interval)
    #expect((interval.lowerBound + 0.5390).magnitude < 1e-3)
    #expect((interval.upperBound - 0.9633).magnitude < 1e-3)
  }

  /// As scipy.stats.kendalltau says: ties count in neither order.
  @Test func ties() throws {
    let found = try #require(
      RankCorrelation([(1, 1), (1, 2), (2, 2), (3, 3), (3, 1)] as [(Double, Double)]))
    #expect((found.tau - 0.25).magnitude < 1e-12)
  }

  @Test func extremes() throws {
    let rising = (0..<6).map { (Double($0), 2 * Double($0)) }
    let found = try #require(RankCorrelation(rising))
    #expect(found.tau == 1)
    let interval = try #require(found.interval)
    #expect(interval.upperBound == 1 && interval.lowerBound > 0 && interval.lowerBound < 1)
    #expect(try #require(RankCorrelation(rising.map { ($0.0, -$0.1) })).tau == -1)
    #expect(RankCorrelation([(1, 1), (1, 2)]) == nil)
    #expect(RankCorrelation([]) == nil)
    #expect(try #require(RankCorrelation([(1, 1), (2, 2)])).interval == nil)
  }
}
