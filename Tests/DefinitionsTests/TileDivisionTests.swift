import Definitions
import Testing

@Suite struct TileDivisionTests {
  private func division(_ size: Int, kernel: Int = 3) -> TileDivision? {
    TileDivision(kernel: kernel, height: size, width: size)
  }

  /// 13 = 5 + 4 + 4, 32 = 4 · 6 + 2 · 4, 14 = 6 + 4 + 4.
  @Test(arguments: [
    (9, 5, 1, 1), (13, 5, 1, 2), (17, 5, 1, 3), (27, 5, 3, 3), (6, 6, 1, 0), (12, 6, 2, 0),
    (14, 6, 1, 2), (16, 6, 2, 1), (18, 6, 3, 0), (28, 6, 4, 1), (32, 6, 4, 2), (56, 6, 8, 2),
    (112, 6, 18, 1),
  ])
  func largeTilesStandBesideThoseOfFourWhereThatSaves(
    size: Int, tile: Int, large: Int, small: Int
  ) {
    let division = division(size)
    #expect(division?.tile == tile)
    #expect(division?.rows == .init(large: large, small: small))
    #expect(division?.columns == division?.rows)
    #expect(division?.isMixed == (small > 0))
  }

  /// 20 = 4 · 5 has as many points as with tiles of 6; 55 would save 3 %.
  @Test(arguments: [(2, 2), (4, 4), (5, 5), (7, 4), (8, 4), (10, 5), (15, 5), (20, 5), (55, 5)])
  func otherMapsHaveTilesOfOneSize(size: Int, tile: Int) {
    #expect(division(size) == TileDivision(tile: tile, height: size, width: size))
    #expect(division(size)?.isMixed == false)
  }

  /// Against all ways to cover an extent with tiles of that size and of 4.
  @Test func noDivisionThatIsMixedHasMorePointsThanAnother() {
    for size in 1...120 {
      guard let division = division(size), division.tile >= 5 else { continue }
      let tile = division.tile
      if tile == 5 && !division.isMixed { continue }
      let fewest = (0...(size + tile - 1) / tile).map { large in
        (tile + 2) * large + 6 * ((max(size - tile * large, 0) + 3) / 4)
      }.min()
      #expect(division.rows.large * (tile + 2) + division.rows.small * 6 == fewest, "\(size)")
      #expect(tile * division.rows.large + 4 * division.rows.small >= size)
    }
  }

  @Test func multiplicationsAreThoseOfEveryTile() {
    // 6 + 6 + 7 points in a row and in a column; F(4, 5) has 8 × 8.
    #expect(division(13)?.points(kernel: 3) == 361)
    #expect(division(27, kernel: 5)?.points(kernel: 5) == 7 * 7 * 64)
  }

  @Test func otherFiltersHaveTilesOfOneSizeOrNone() {
    #expect(division(13, kernel: 5) == TileDivision(tile: 4, height: 13, width: 13))
    #expect(division(13, kernel: 7) == nil)
  }

  /// 14 = 4 + 4 + 3 + 3, 7 = 4 + 3.
  @Test(arguments: [(14, 2, 2), (7, 1, 1), (13, 1, 3), (3, 0, 1), (28, 7, 0), (1, 0, 1)])
  func filtersOfTwoHaveTilesOfFourAndThree(size: Int, large: Int, small: Int) {
    let division = division(size, kernel: 2)
    #expect(division?.tile == 4)
    #expect(division?.rows == .init(large: large, small: small))
    #expect(division?.isMixed == (small > 0))
  }

  /// A tile of 4 has 5 and 4 points in a row for the parts with 2 and 1 taps; one of 3 has 4 and 3.
  @Test func multiplicationsOfStridedConvolutionsLeaveOutPointsThatAreZero() {
    #expect(division(14, kernel: 2)?.points(kernel: 3, stride: 2) == 32 * 32)
    #expect(division(28, kernel: 2)?.points(kernel: 3, stride: 2) == 63 * 63)
    // No tap is missing.
    #expect(division(7, kernel: 2)?.points(kernel: 4, stride: 2) == 4 * 81)
  }

  @Test func heightAndWidthAreDividedOnTheirOwn() {
    let division = TileDivision(kernel: 3, height: 9, width: 8)
    #expect(division?.rows == .init(large: 1, small: 1))
    #expect(division?.columns == .init(large: 0, small: 2))
  }

  /// Results of networks without such maps are reused.
  @Test func networksWithSuchMapsHaveARevisionOfTheirOwn() {
    func revision(_ size: Int, _ convolution: Convolution, stride: Int = 1) -> Int {
      let first = Convolution(filters: 8, kernel: 5, stride: stride, padding: 2)
      return NetworkDefinition(
        input: Shape(channels: 3, height: size, width: size),
        layers: [
          LayerDefinition(
            name: "conv1", operations: [.convolution(first), .convolution(convolution)])
        ]
      ).revision
    }
    let same = Convolution(filters: 8, kernel: 3, padding: 1)
    #expect(revision(13, same) == 5)
    #expect(revision(26, same, stride: 2) == 5)
    #expect(revision(13, Convolution(filters: 8, kernel: 3)) == 7)
    #expect(revision(10, Convolution(filters: 8, kernel: 3)) == NumericsRevision.engine)
    #expect(revision(8, same) == NumericsRevision.engine)
    #expect(revision(16, same) == 7)
    #expect(revision(12, same) == 7)
    #expect(revision(32, same, stride: 2) == 7)
    #expect(revision(13, Convolution(filters: 8, kernel: 3, padding: 1, groups: 8)) == 2)
    #expect(revision(13, Convolution(filters: .classes, kernel: 3, padding: 1)) == 5)
    #expect(caffeNet().revision == 5)
  }

  @Test func stridedConvolutionsWithSuchMapsHaveARevisionOfTheirOwn() {
    func revision(_ size: Int, kernel: Int = 3, stride: Int = 2, channels: Int = 64) -> Int {
      Convolution(filters: 32, kernel: kernel, stride: stride, padding: (kernel - 1) / 2)
        .revision(for: Shape(channels: channels, height: size, width: size))
    }
    #expect(revision(28) == 8)
    #expect(revision(22) == 8)
    #expect(revision(28, kernel: 4) == 8)
    // 8 × 7 is worth it in tiles of 4 alone.
    let odd = Convolution(filters: 32, kernel: 3, stride: 2, padding: 1)
    #expect(odd.revision(for: Shape(channels: 64, height: 15, width: 13)) == 8)
    #expect(revision(15, kernel: 2, stride: 1) == 8)
    // Tiles of one size; not in the domain, since channels fill no vectors, tiles are few, or too little is saved.
    #expect(revision(56) == 4)
    #expect(revision(14) == 4)
    #expect(revision(28, channels: 24) == 4)
    #expect(revision(10) == 4)
    #expect(revision(13, kernel: 2, stride: 1) == 3)
    #expect(revision(28, kernel: 3, stride: 3) == 4)
  }

  @Test func imagesWithFewChannelsHaveARevisionOfTheirOwn() {
    func revision(_ convolution: Convolution, channels: Int = 3) -> Int {
      convolution.revision(for: Shape(channels: channels, height: 10, width: 10))
    }
    let direct = Convolution(filters: 32, kernel: 3, padding: 1)
    #expect(revision(direct) == 6)
    #expect(revision(direct, channels: 1) == 6)
    #expect(revision(Convolution(filters: 16, kernel: 5, stride: 2)) == 6)
    #expect(revision(Convolution(filters: .classes, kernel: 3)) == 6)
    #expect(revision(direct, channels: 5) == NumericsRevision.engine)
    #expect(revision(Convolution(filters: 24, kernel: 3)) == NumericsRevision.engine)
    #expect(revision(Convolution(filters: 64, kernel: 7, stride: 2, padding: 3)) == 3)
    #expect(revision(Convolution(filters: 32, kernel: 1)) == 3)
  }

  @Test func mapsOnPathsCountAsWell() {
    let path = [Operation.convolution(Convolution(filters: 8, kernel: 3, padding: 1))]
    let network = NetworkDefinition(
      input: Shape(channels: 8, height: 13, width: 13),
      layers: [LayerDefinition(name: "sum", operations: [.sum(path, [])])])
    #expect(network.revision == 5)
  }
}
