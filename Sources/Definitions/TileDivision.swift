/// The division of an output map into the tiles of Winograd's minimal filtering F(m, r), in which the sums of a convolution of
/// stride 1 are computed.
///
/// An extent of 13 is 5 + 4 + 4, one of 32 is 4 · 6 + 2 · 4: tiles of 3 × 3 filters may be of two sizes, of which the smaller, 4,
/// needs a subset of the points of the larger. Those of 2 × 2 filters are of 4 and 3. A division determines the bits of a
/// convolution.
package struct TileDivision: Hashable, Sendable {
  /// The tiles along a height or width: so many of size m, then so many smaller ones.
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
    for (tile, share) in TileDivision.mixed(kernel: kernel) {
      var mixed = TileDivision(tile: tile, height: height, width: width)
      let small = TileDivision.smallTile(kernel: kernel)
      mixed.rows = TileDivision.mixed(height, tile: tile, small: small)
      mixed.columns = TileDivision.mixed(width, tile: tile, small: small)
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

  /// The tiles that smaller ones may stand beside, and the share of the multiplications without them that they
  /// may take. Of 3 × 3 filters, they replace tiles with smaller errors only for a gain; the transforms of 6, whose points are
  /// pairs, take less time than those of 5. Of 2 × 2 filters, the smaller tiles have the smaller errors.
  private static func mixed(kernel: Int) -> [(tile: Int, share: Double)] {
    switch kernel {
    case 2: [(4, 1)]
    case 3: [(5, 7.0 / 8), (6, 11.0 / 12)]
    default: []
    }
  }

  private static func smallTile(kernel: Int) -> Int { kernel == 2 ? 3 : 4 }

  /// Large and small tiles that cover an extent, with the fewest points: those of the fewest tiles, as few of them large as
  /// possible, since one tile more has r − 1 points more than the values it adds.
  private static func mixed(_ extent: Int, tile: Int, small: Int) -> Extent {
    let tiles = (extent + tile - 1) / tile
    let rest = max(extent - tiles * small, 0)
    let large = (rest + tile - small - 1) / (tile - small)
    return Extent(large: large, small: tiles - large)
  }

  /// The multiplications for a map, per filter and channel.
  package func points(kernel: Int) -> Int { points(kernel: kernel, stride: 1) }

  /// Those of a strided convolution that is one of stride 1 with stride² parts of the channels: a part whose filters have t
  /// taps in a row or column has tile + t − 1 points there that are not zero.
  ///
  /// - Parameter kernel: of the strided convolution; the division is for the smaller filters of its parts.
  package func points(kernel: Int, stride: Int) -> Int {
    let small = TileDivision.smallTile(kernel: (kernel + stride - 1) / stride)
    func points(_ extent: Extent) -> Int {
      extent.large * (stride * (tile - 1) + kernel) + extent.small * (stride * (small - 1) + kernel)
    }
    return points(rows) * points(columns)
  }

  /// Whether there are tiles of two sizes.
  package var isMixed: Bool { rows.small > 0 || columns.small > 0 }
}
