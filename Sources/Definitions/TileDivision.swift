/// The division of an output map into the tiles of Winograd's minimal filtering F(m, r), in which the sums of a convolution of
/// stride 1 are computed.
///
/// An extent of 13 is 5 + 4 + 4, one of 32 is 4 · 6 + 2 · 4: tiles of 3 × 3 filters may be of two sizes, of which the smaller, 4,
/// needs a subset of the points of the larger. A division determines the bits of a convolution.
package struct TileDivision: Hashable, Sendable {
  /// The tiles along a height or width: so many of size m, then so many of 4.
  package struct Extent: Hashable, Sendable {
    package var large: Int
    package var small: Int

    package init(large: Int, small: Int = 0) {
      self.large = large
      self.small = small
    }

    package var tiles: Int { large + small }
  }

  /// m
  package var tile: Int
  package var rows: Extent
  package var columns: Extent

  /// Tiles of one size.
  package init(tile: Int, height: Int, width: Int) {
    self.tile = tile
    rows = Extent(large: (height + tile - 1) / tile)
    columns = Extent(large: (width + tile - 1) / tile)
  }

  /// The one with the fewest multiplications; of equal ones that of the smaller tiles, which have smaller errors. `nil` where
  /// no tiles are supported.
  package init?(kernel: Int, height: Int, width: Int) {
    let uniform = TileDivision.tiles(kernel: kernel).map {
      TileDivision(tile: $0, height: height, width: width)
    }
    guard let best = uniform.min(by: { $0.points(kernel: kernel) < $1.points(kernel: kernel) })
    else { return nil }
    self = best
    guard kernel == 3 else { return }
    for (tile, share) in TileDivision.mixed {
      var mixed = TileDivision(tile: tile, height: height, width: width)
      mixed.rows = TileDivision.mixed(height, tile: tile)
      mixed.columns = TileDivision.mixed(width, tile: tile)
      if Double(mixed.points(kernel: kernel)) <= share * Double(points(kernel: kernel)) {
        self = mixed
      }
    }
  }

  /// The sizes of tiles, in ascending order, that replace smaller ones of one size for any gain.
  private static func tiles(kernel: Int) -> [Int] {
    switch kernel {
    case 2, 4: [4]
    case 3: [2, 4, 5]
    case 5: [2, 4]
    default: []
    }
  }

  /// The tiles of 3 × 3 filters that smaller ones may stand beside, and the share of the multiplications without them that they
  /// may take: they replace tiles with smaller errors only for a gain. The transforms of 6, whose points are pairs, take less time than
  /// those of 5.
  private static let mixed = [(tile: 5, share: 7.0 / 8), (tile: 6, share: 11.0 / 12)]
  private static let smallTile = 4

  /// Large and small tiles that cover an extent, with the fewest points: those of the fewest tiles, as few of them large as
  /// possible, since one tile more has r − 1 points more than the values it adds.
  private static func mixed(_ extent: Int, tile: Int) -> Extent {
    let tiles = (extent + tile - 1) / tile
    let rest = max(extent - tiles * smallTile, 0)
    let large = (rest + tile - smallTile - 1) / (tile - smallTile)
    return Extent(large: large, small: tiles - large)
  }

  private static func points(_ extent: Extent, tile: Int, kernel: Int) -> Int {
    extent.large * (tile + kernel - 1) + extent.small * (smallTile + kernel - 1)
  }

  /// The multiplications for a map, per filter and channel.
  package func points(kernel: Int) -> Int {
    TileDivision.points(rows, tile: tile, kernel: kernel)
      * TileDivision.points(columns, tile: tile, kernel: kernel)
  }

  /// Whether there are tiles of two sizes.
  package var isMixed: Bool { rows.small > 0 || columns.small > 0 }
}
