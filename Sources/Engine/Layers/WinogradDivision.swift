import Kernels

/// The division of a convolution's tiles into groups, blocks and rounds, which depends only on its shape.
struct WinogradDivision {
  /// Tiles that are transformed and multiplied together.
  let groupTiles: Int
  let groupsPerBlock: Int
  let blockImages: Int
  /// Whether all blocks add to a single dU, after each round, since it is too large to have several.
  let sharesSums: Bool
  /// The size of V and M of a group of tiles and a group of channels, in floats.
  let inputCount: Int
  let outputCount: Int
  /// The number of groups whose V and dM are kept in a round.
  let slotsPerRound: Int
  private let tilesPerImage: Int
  private let channelGroups: Int

  /// Filters per task at the end of a round.
  static let filters = 128
  /// The total size of V and M that fits a core's second-level cache, in bytes.
  private static let groupBytes = 448 << 10
  /// With fewer tiles, a product spends too long on reading U, especially from beyond the second-level cache.
  private static let fewestTiles = 28
  private static let fewestTilesForLargeFilters = 72
  private static let mostImages = 8
  private static let largeFilterBytes = 1 << 20
  /// The largest dU of which each part of a batch has its own: in absolute terms, and relative to the V and dM of an
  /// image, since each block passes through both.
  private static let privateSumBytes = 4 << 20
  private static let privateSumImages = 4
  /// The amount kept by a round, which should stay in the last-level cache.
  private static let roundBytes = 24 << 20
  private static let fewestBlocksInRound = 4

  init(_ winograd: Winograd, channelGroups: Int) {
    self.channelGroups = channelGroups
    let float = MemoryLayout<Float>.stride
    tilesPerImage = winograd.tilesPerImage
    // Of all groups of channels, although one is computed after the other: the division of networks that have been trained stays.
    let tileBytes =
      channelGroups * (winograd.count(.input, pitch: 16) + winograd.count(.output, pitch: 16))
      / 16 * float
    let isLarge =
      channelGroups * winograd.forwardFilterCount * float > WinogradDivision.largeFilterBytes
    let fewest =
      isLarge
      ? WinogradDivision.fewestTilesForLargeFilters : WinogradDivision.fewestTiles
    let wanted = max(WinogradDivision.groupBytes / tileBytes, fewest)
    if wanted <= tilesPerImage {
      groupsPerBlock = (tilesPerImage + wanted / 2) / wanted
      groupTiles = (tilesPerImage + groupsPerBlock - 1) / groupsPerBlock
      blockImages = 1
    } else {
      groupsPerBlock = 1
      blockImages = min((wanted + tilesPerImage / 2) / tilesPerImage, WinogradDivision.mostImages)
      groupTiles = blockImages * tilesPerImage
    }
    let sumBytes = channelGroups * winograd.filterGradientCount * float
    sharesSums =
      sumBytes > WinogradDivision.privateSumBytes
      || sumBytes > WinogradDivision.privateSumImages * tilesPerImage * tileBytes
    inputCount = winograd.count(.input, pitch: groupTiles)
    outputCount = winograd.count(.output, pitch: groupTiles)
    let blockBytes = groupsPerBlock * channelGroups * (inputCount + outputCount) * float
    slotsPerRound =
      groupsPerBlock
      * max(WinogradDivision.roundBytes / blockBytes, WinogradDivision.fewestBlocksInRound)
  }

  /// The size of V and dM of a group of tiles, in floats: of one group of channels, and of all.
  var sidesCount: Int { inputCount + outputCount }
  var slotCount: Int { channelGroups * sidesCount }

  func schedule(images: Int) -> BlockSchedule {
    sharesSums
      ? .rounds(
        images: images, blockImages: blockImages, tasks: slotsPerRound / groupsPerBlock)
      : .chunks(images: images, blockImages: blockImages)
  }

  /// Calls `body(number, tiles)` for the groups of tiles of a block.
  func forEachGroup(images: Int, _ body: (Int, Range<Int>) -> Void) {
    let tiles = images * tilesPerImage
    for group in 0..<(tiles + groupTiles - 1) / groupTiles {
      body(group, group * groupTiles..<min((group + 1) * groupTiles, tiles))
    }
  }
}
