import Definitions
import Kernels

/// The gradients of a convolution's weights as products of bfloat16 numbers, whose depth is the pixels of several images.
///
/// The output's gradient, transposed, is the left operand: filters × pixels. Pairs of pixels of the padded input are
/// the right one: a tap reads them from its own distance on. Where that is odd, the left operand is read from one pixel before.
struct BFloat16FilterSums {
  private let geometry: ConvolutionGeometry
  private let map: PaddedMap
  private let blockImages: Int
  /// Pixels along the depth, in whole chunks.
  private let depth: Int
  /// Numbers of a filter's pixels in the left operand, with zeros around.
  private let leftRow: Int
  /// Channels and filters of a group in whole tiles.
  private let columns: Int
  private let rows: Int
  /// The number of images that are kept in a round, and where the operands of each begin.
  let roundImages: Int
  private let leftRuns: AlignedBuffer<Int>

  /// What a round keeps, which should stay in the last-level cache.
  private static let roundBytes = 24 << 20
  private static let fewestImages = 4
  /// Images whose products are added to the sums at once.
  private let imagesAtOnce: Int

  /// Their operands for the filters and channels of a piece, in bytes, which stay in the second-level cache.
  private static let pieceBytes = 1200 << 10
  private static let mostImages = 8
  private static let pieceFilters = 64
  private static let pieceChannels = 64
  /// Zeros before the first pixel.
  private static let margin = 32

  init(_ geometry: ConvolutionGeometry, map: PaddedMap, blockImages: Int) {
    self.geometry = geometry
    self.map = map
    self.blockImages = blockImages
    depth = BFloat16Products.chunks(map.outputHeight * map.width + 1) * 32
    leftRow = BFloat16FilterSums.margin + depth + 32
    columns = (geometry.groupInputs + 15) / 16 * 16
    rows = (geometry.groupOutputs + 15) / 16 * 16
    let taps = (geometry.kernel - 1) * (map.width + 1)
    panelCount = (depth + taps / 2 * 2) * 32
    rightCount = (columns + 31) / 32 * panelCount
    leftCount = rows * leftRow
    let image = geometry.groups * (leftCount + rightCount)
    roundImages = max(
      BFloat16FilterSums.roundBytes / (2 * image) / blockImages * blockImages,
      (BFloat16FilterSums.fewestImages + blockImages - 1) / blockImages * blockImages)
    let piece =
      2 * depth
      * (min(BFloat16FilterSums.pieceFilters, rows) + min(BFloat16FilterSums.pieceChannels, columns))
    imagesAtOnce = min(
      max(BFloat16FilterSums.pieceBytes / piece, 1), BFloat16FilterSums.mostImages)
    leftRuns = AlignedBuffer((0..<imagesAtOnce).map { $0 * image })
  }

  /// Numbers of an image's operands, for a group.
  private let leftCount: Int
  private let rightCount: Int
  /// Those of 32 channels: pairs of pixels × 32.
  private let panelCount: Int

  private var imageCount: Int { geometry.groups * (leftCount + rightCount) }
  private var taps: Int { geometry.kernel * geometry.kernel }
  /// Floats of the operands of an image.
  var imageFloats: Int { imageCount / 2 }
  /// Floats of the sums: groups × filters × taps × channels.
  var floats: Int { geometry.groups * rows * taps * columns }
  /// Floats for the making of the operands of an image.
  var scratchCount: Int { depth * rows }

  func schedule(images: Int) -> BlockSchedule {
    .rounds(images: images, blockImages: blockImages, tasks: roundImages / blockImages)
  }

  /// Makes the operands of an image from its padded map.
  func keep(
    _ padded: BFloats, _ gradient: UnsafePointer<Float>, in slot: Floats, scratch: Floats
  ) {
    let filters = geometry.groupOutputs
    for group in 0..<geometry.groups {
      let left = slot.bfloats + group * (leftCount + rightCount)
      let right = left + leftCount
      let pixels = map.height * map.width
      let end = (pixels + 1) / 2 * 64
      for first in stride(from: 0, to: geometry.groupInputs, by: 32) {
        let panel = right + first / 32 * panelCount
        BFloat16Products.pair(
          padded + group * map.groupCount + first, stride: map.pixel, rows: pixels,
          columns: min(32, geometry.groupInputs - first), into: panel, row: 64)
        if end < panelCount { (panel + end).update(repeating: 0, count: panelCount - end) }
      }
      // Pixels between rows count as 0.
      let lines = scratch.bfloats
      lines.update(repeating: 0, count: depth * rows)
      for row in 0..<map.outputHeight {
        BFloat16Products.round(
          gradient + (row * map.outputWidth * geometry.groups + group) * filters,
          stride: geometry.groups * filters, rows: map.outputWidth, columns: filters,
          into: lines + row * map.width * rows, row: rows)
      }
      let pairs = lines + depth * rows
      BFloat16Products.pair(
        lines, stride: rows, rows: depth, columns: rows, into: pairs, row: 2 * rows)
      for row in 0..<rows {
        let line = left + row * leftRow
        line.update(repeating: 0, count: BFloat16FilterSums.margin)
        (line + BFloat16FilterSums.margin + depth).update(repeating: 0, count: 32)
      }
      BFloat16Products.transpose(
        pairs, stride: 2 * rows, rows: depth / 2, pairs: rows,
        into: left + BFloat16FilterSums.margin, row: leftRow)
    }
  }

  // MARK: Products

  private var filterPieces: Int {
    (rows + BFloat16FilterSums.pieceFilters - 1) / BFloat16FilterSums.pieceFilters
  }
  private var channelPieces: Int {
    (columns + BFloat16FilterSums.pieceChannels - 1) / BFloat16FilterSums.pieceChannels
  }
  /// The parts of the sums that are independent tasks.
  var pieces: Int { geometry.groups * filterPieces * channelPieces }

  /// Adds the products of the images of a round to a piece of the sums, image after image.
  func add(
    _ kept: Floats, images: Int, piece: Int, to sums: Floats, adds: Bool,
    products: BFloat16Products
  ) {
    let (rest, channelPiece) = piece.quotientAndRemainder(dividingBy: channelPieces)
    let (group, filterPiece) = rest.quotientAndRemainder(dividingBy: filterPieces)
    let firstRow = filterPiece * BFloat16FilterSums.pieceFilters
    let rowCount = min(BFloat16FilterSums.pieceFilters, rows - firstRow)
    let firstColumn = channelPiece * BFloat16FilterSums.pieceChannels
    let lastColumn = min(firstColumn + BFloat16FilterSums.pieceChannels, columns)
    let left =
      kept.bfloats + group * (leftCount + rightCount) + firstRow * leftRow
      + BFloat16FilterSums.margin
    let right = kept.bfloats + group * (leftCount + rightCount) + leftCount
    let row = taps * columns
    let result = sums + (group * rows + firstRow) * row
    for first in stride(from: 0, to: images, by: imagesAtOnce) {
      let count = min(imagesAtOnce, images - first)
      for tap in 0..<taps {
        let distance = tap / geometry.kernel * map.width + tap % geometry.kernel
        for column in stride(from: firstColumn, to: lastColumn, by: 32) {
          products.multiply(
            .init(
              left + first * imageCount - distance % 2, row: leftRow, runs: leftRuns,
              runCount: count),
            .init(
              right + first * imageCount + column / 32 * panelCount + distance / 2 * 64,
              run: imageCount),
            chunks: depth / 32, rows: rowCount, columns: min(32, columns - column),
            into: result + tap * columns + column, stride: row, adds: adds || first > 0)
        }
      }
    }
  }

  /// The gradient of a filter's weights: taps × channels.
  func gradient(ofFilter filter: Int, from sums: Floats, into gradient: Floats) {
    let (group, number) = filter.quotientAndRemainder(dividingBy: geometry.groupOutputs)
    let from = sums + (group * rows + number) * taps * columns
    let channels = geometry.groupInputs
    for tap in 0..<taps {
      (gradient + tap * channels).update(from: from + tap * columns, count: channels)
    }
  }
}
