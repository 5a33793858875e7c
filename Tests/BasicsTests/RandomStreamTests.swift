import Basics
import Testing

@Suite struct RandomStreamTests {
  // The known answers for philox4x32-10 in the Random123 distribution (kat_vectors).
  @Test(
    arguments: [
      (0, 0, 0, SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
      (
        .max, .max, .max, SIMD4<UInt32>(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
      ),
      (
        0x85a3_08d3_243f_6a88, 0x0370_7344_1319_8a2e, 0x299f_31d0_a409_3822,
        SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
      ),
    ] as [(UInt64, UInt64, UInt64, SIMD4<UInt32>)])
  func bitsAreThoseOfPhilox(
    _ position: UInt64, _ lane: UInt64, _ seed: UInt64, _ expected: SIMD4<UInt32>
  ) {
    #expect(RandomStream(seed: seed).bits(at: position, lane: lane) == expected)
  }

  @Test func keyWordsAreTheSeedsHalves() {
    let words = RandomStream(seed: 0x0123_4567_89ab_cdef).keyWords
    #expect(words == (0x89ab_cdef, 0x0123_4567))
  }

  // Computed with a Python program that follows the documentation (hashlib, Philox from the paper).
  @Test func derivedStreamsAndDrawsStayTheSame() {
    let words = RandomStream(seed: 5).stream(for: "initialize").keyWords
    #expect(UInt64(words.1) << 32 | UInt64(words.0) == 0x7f01_0ae0_5281_d17a)
    #expect(RandomStream(seed: 1).uniform(at: 2) == 0.24740147231065202)
    #expect(RandomStream(seed: 7).permutation(of: 10) == [3, 6, 8, 4, 1, 7, 9, 2, 0, 5])
  }

  @Test func purposesGiveIndependentStreams() {
    let root = RandomStream(seed: 3)
    let streams = [
      root, root.stream(for: "a"), root.stream(for: "b"), root.stream(0), root.stream(1),
      root.stream(for: "a").stream(for: "b"), root.stream(for: "b").stream(for: "a"),
    ]
    #expect(Set(streams).count == streams.count)
    #expect(root.stream(for: "a") == RandomStream(seed: 3).stream(for: "a"))
  }

  @Test func permutationsHoldEachNumberOnce() {
    for count in [0, 1, 2, 3, 100] {
      #expect(RandomStream(seed: 1).permutation(of: count).sorted() == Array(0..<count))
    }
  }

  @Test func everyOrderOfThreeIsAboutAsFrequent() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<6000 {
      counts[RandomStream(seed: UInt64(seed)).permutation(of: 3), default: 0] += 1
    }
    #expect(counts.count == 6)
    // Five standard deviations of a binomial count around 1000.
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 145 })
  }

  @Test func drawsStayBelowTheirBound() {
    let stream = RandomStream(seed: 9)
    for position in 0..<1000 as Range<UInt64> {
      #expect((0..<7).contains(stream.integer(below: 7, at: position)))
      #expect((0..<1).contains(stream.uniform(at: position)))
    }
    #expect(stream.integer(below: 1, at: 0) == 0)
  }

  @Test func lanesDiffer() {
    let stream = RandomStream(seed: 9)
    #expect(stream.bits(at: 1, lane: 0) != stream.bits(at: 1, lane: 1))
  }
}
