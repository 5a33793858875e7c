import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// EXIF orientations are applied, unless the dataset says otherwise.
@Suite struct OrientationTests {
  /// A grid of pixels, row by row.
  private typealias Grid = [[[UInt8]]]

  private func mirrored(_ grid: Grid) -> Grid { grid.map { Array($0.reversed()) } }

  private func turnedRight(_ grid: Grid) -> Grid {
    grid[0].indices.map { column in grid.reversed().map { $0[column] } }
  }

  /// The upright image of stored pixels, by the words of the standard: mirrored or not, then quarter turns.
  private func upright(_ grid: Grid, from orientation: Int) -> Grid {
    let turns = [1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3][orientation] ?? 0
    var result = [2, 4, 5, 7].contains(orientation) ? mirrored(grid) : grid
    for _ in 0..<turns { result = turnedRight(result) }
    return result
  }

  private func file(_ grid: Grid, orientation: Int) throws -> [UInt8] {
    png(
      try png(grid.flatMap { $0 }.flatMap { $0 }, height: grid.count, width: grid[0].count),
      adding: chunk("eXIf", exif(orientation: UInt8(orientation), littleEndian: true)))
  }

  private let grid: Grid = (0..<3).map { (row: Int) -> [[UInt8]] in
    (0..<5).map { (column: Int) -> [UInt8] in
      [UInt8(10 * row), UInt8(20 * column), UInt8(row * 5 + column)]
    }
  }

  @Test(arguments: 1...8) func imagesAreTurnedUpright(orientation: Int) throws {
    let expected = upright(grid, from: orientation)
    let image = try packed(file(grid, orientation: orientation))
    #expect(image.height == expected.count && image.width == expected[0].count)
    #expect(image.pixels == expected.flatMap { $0 }.flatMap { $0 })
  }

  /// A photograph of two pixels, taken with the camera turned: 6 means that its first row is at the right.
  @Test func aCaseByHand() throws {
    let image = try packed(file([[[1, 2, 3], [4, 5, 6]]], orientation: 6))
    #expect(image.height == 2 && image.width == 1 && image.pixels == [1, 2, 3, 4, 5, 6])
    let other = try packed(file([[[1, 2, 3], [4, 5, 6]]], orientation: 8))
    #expect(other.pixels == [4, 5, 6, 1, 2, 3])
  }

  @Test func theSwitchLeavesPixelsAsTheyAreStored() throws {
    try withTemporaryFolder { folder in
      let turned = try file(grid, orientation: 6)
      try writeFiles(["train/a/1": turned, "test/a/1": turned], to: folder)
      var definition = dataset(at: folder)
      let applied = try packedFile(definition).summary
      #expect(applied.height == 5 && applied.width == 3 && applied.traits == [.turned: 2])
      definition.orientation = .ignore
      let ignored = try packedFile(definition).summary
      #expect(ignored.height == 3 && ignored.width == 5 && ignored.traits == [.orientation: 2])
    }
  }

  /// Grey JPEGs have one channel when they are turned; `size` applies to the upright image.
  @Test func turningComesBeforeResizing() throws {
    let pixels = (0..<16 * 32).map { UInt8($0 / 32 * 15) }
    let file = jpeg(
      try grayJPEG(pixels, height: 16, width: 32), adding: 0xe1,
      Array("Exif\0\0".utf8) + exif(orientation: 6, littleEndian: false))
    let image = try packed(file, size: .init(height: 4, width: 16), channels: 1)
    #expect(image.height == 4 && image.width == 16)
    // The first row of the file, the darkest, is at the right.
    #expect(image.pixels[0] > 200 && image.pixels[15] < 20)
  }
}
