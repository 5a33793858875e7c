import CKernels

/// Winograd's minimal filtering F(m, r) for one convolution of stride 1: transforms between maps and the Winograd
/// domain, and products in the domain. `Winograd.h` describes the mathematics and the layouts.
///
/// It treats one group of channels; pointers to maps and filters are to the group's first channel and filter. Tiles are
/// numbered through a sequence of images. A *side* is the transformed form of a map: V for inputs, M for
/// outputs, for a number of tiles (its pitch).
package struct Winograd {
  /// The maps that tiles are read from and written to.
  package enum Side { case input, output }

  private let shape: ck_winograd
  private let kernels: ck_winograd_kernels
  /// The number of values per tile: n².
  package let points: Int
  package let tilesPerImage: Int
  /// Channels of the group.
  package let inputs: Int
  package let outputs: Int
  /// The height and width of a filter.
  package let kernel: Int
  /// The input channels whose filters are not all zero: at most points; at those of the last row; of the last column; of
  /// both.
  private let channels: [[Range<Int>]]
  /// Whether all points have all of them; all tiles. Asked before arrays are: products may be short.
  private let hasAllChannels: Bool
  private let hasAllTiles: Bool

  /// How a strided convolution is one of stride 1: each of the stride × stride pixels that a step passes over is a part
  /// of the input's channels.
  package struct Parts: Hashable, Sendable {
    package var stride: Int
    /// The size of the strided convolution's filters.
    package var kernel: Int

    package init(stride: Int, kernel: Int) {
      self.stride = stride
      self.kernel = kernel
    }

    package var count: Int { stride * stride }
    /// The size of filters of stride 1. A part has as many taps in a row or column, or one less, followed by a zero.
    package var innerKernel: Int { (kernel + stride - 1) / stride }

    /// Whether the last tap of a row or column belongs to the part.
    fileprivate func hasLastTap(_ position: Int) -> Bool {
      stride * (innerKernel - 1) + position < kernel
    }
  }

  /// The rows or columns of tiles: so many of size m, then so many smaller ones, which 3 × 3 and 2 × 2 filters have.
  package struct Tiles {
    package var large: Int
    package var small: Int

    package init(large: Int, small: Int) {
      self.large = large
      self.small = small
    }
  }

  /// - Parameters:
  ///   - tile: the size m of an output tile.
  ///   - rows, columns: those of tiles; by default as many as the output needs, of one size.
  ///   - groups: how many groups the channels of maps are divided into.
  ///   - input, output: height, width and channels of maps.
  ///   - parts: how a strided convolution is divided; filters then have the parts' channels one after the other.
  /// - Precondition: `isServed(tile:kernel:)`, and the processor supports the level. A strided convolution's maps have a
  ///   multiple of 16 channels, and it has one group.
  package init(
    tile: Int, rows: Tiles? = nil, columns: Tiles? = nil, kernel: Int, padding: Int, groups: Int,
    input: (height: Int, width: Int, channels: Int),
    output: (height: Int, width: Int, channels: Int), parts: Parts = Parts(stride: 1, kernel: 0),
    level: KernelLevel = .current
  ) {
    precondition(
      parts.stride == 1 || input.channels % 16 == 0 && groups == 1, "a part's channels fill blocks")
    precondition(Winograd.isServed(tile: tile, kernel: kernel), "no F(\(tile), \(kernel))")
    guard let kernels = level.kernels else {
      preconditionFailure("the processor lacks \(level.rawValue)")
    }
    self.kernels = kernels
    func map(
      _ size: (height: Int, width: Int, channels: Int), origin: Int, stride: Int
    ) -> ck_map {
      ck_map(
        height: Int32(size.height), width: Int32(size.width), channels: Int32(size.channels),
        group_channels: Int32(stride * stride * size.channels / groups), origin: Int32(origin),
        stride: Int32(stride))
    }
    let rows = rows ?? Tiles(large: (output.height + tile - 1) / tile, small: 0)
    let columns = columns ?? Tiles(large: (output.width + tile - 1) / tile, small: 0)
    precondition(
      rows.small + columns.small == 0 || tile >= 5 && kernel == 3 || kernel == 2,
      "no smaller tiles of that size")
    let (rowCount, columnCount) = (rows.large + rows.small, columns.large + columns.small)
    shape = ck_winograd(
      tile: Int32(tile), kernel: Int32(kernel), tile_rows: Int32(rowCount),
      tile_columns: Int32(columnCount), large_rows: Int32(rows.large),
      large_columns: Int32(columns.large),
      input: map(input, origin: -padding, stride: parts.stride),
      output: map(output, origin: 0, stride: 1))
    points = (tile + kernel - 1) * (tile + kernel - 1)
    tilesPerImage = rowCount * columnCount
    self.kernel = kernel
    inputs = parts.count * input.channels / groups
    outputs = output.channels / groups
    let channels = Winograd.channels(parts, inputs: inputs)
    self.channels = channels
    hasAllChannels = channels == Array(repeating: [0..<inputs], count: channels.count)
    hasAllTiles = rows.small + columns.small == 0
  }

  /// The last point of a row or column is infinity, at which a filter's value is its last tap.
  private static func channels(_ parts: Parts, inputs: Int) -> [[Range<Int>]] {
    let size = inputs / parts.count
    let all = [0..<inputs]
    let result = (0..<4).map { place -> [Range<Int>] in
      guard parts.stride > 1 else { return all }
      var ranges: [Range<Int>] = []
      for part in 0..<parts.count {
        if place & 1 == 1, !parts.hasLastTap(part / parts.stride) { continue }
        if place & 2 == 2, !parts.hasLastTap(part % parts.stride) { continue }
        let own = part * size..<(part + 1) * size
        if let last = ranges.last, last.upperBound == own.lowerBound {
          ranges[ranges.count - 1] = last.lowerBound..<own.upperBound
        } else {
          ranges.append(own)
        }
      }
      return ranges
    }
    // As columns of a product, they begin with a panel.
    return result.joined().allSatisfy { $0.lowerBound % 32 == 0 }
      ? result : Array(repeating: all, count: 4)
  }

  /// The points in a row or column.
  private var side: Int { Int(shape.tile + shape.kernel - 1) }

  private func channels(ofPoint point: Int) -> [Range<Int>] {
    let (row, column) = point.quotientAndRemainder(dividingBy: side)
    return channels[(row == side - 1 ? 1 : 0) + (column == side - 1 ? 2 : 0)]
  }

  /// The number of tiles that have a point.
  private func count(_ tiles: Range<Int>, ofPoint point: Int) -> Int {
    if hasAllTiles { return tiles.count }
    let (row, column) = point.quotientAndRemainder(dividingBy: side)
    let spare = ck_spare_points(shape.tile, shape.kernel)
    let (rowIsSpare, columnIsSpare) = (
      ck_is_spare(Int32(row), Int32(side), spare), ck_is_spare(Int32(column), Int32(side), spare)
    )
    return withUnsafePointer(to: shape) { shape in
      func before(_ tile: Int) -> Int {
        withUnsafePointer(to: ck_position_of(shape, tile)) {
          ck_tiles_before(shape, $0, rowIsSpare, columnIsSpare)
        }
      }
      return before(tiles.upperBound) - before(tiles.lowerBound)
    }
  }

  /// Whether there are matrices for tiles and filters of these sizes.
  package static func isServed(tile: Int, kernel: Int) -> Bool {
    switch kernel {
    case 2, 4: tile == 4
    case 3: [2, 4, 5, 6].contains(tile)
    case 5: [2, 4].contains(tile)
    default: false
    }
  }
}

// MARK: - Sizes

extension Winograd {
  private func map(_ side: Side) -> ck_map { side == .input ? shape.input : shape.output }

  /// The number of blocks of 16 channels.
  private func blocks(_ side: Side) -> Int {
    ((side == .input ? inputs : outputs) + 15) / 16
  }

  private func pointStride(_ side: Side, pitch: Int) -> Int {
    withUnsafePointer(to: map(side)) { ck_point_stride($0, pitch) }
  }

  /// The number of floats of a side with room for `pitch` tiles.
  package func count(_ side: Side, pitch: Int) -> Int { points * pointStride(side, pitch: pitch) }

  private var gradientStride: Int { withUnsafePointer(to: shape) { ck_gradient_stride($0) } }

  /// The number of floats of U: as columns for outputs, or as depth for input gradients.
  package var forwardFilterCount: Int { points * ck_filter_stride(inputs, outputs) }
  package var backwardFilterCount: Int { points * ck_filter_stride(outputs, inputs) }
  /// The number of floats of dU.
  package var filterGradientCount: Int { points * gradientStride }
  /// The number of floats of a bias per channel, with padded blocks.
  package var biasCount: Int { blocks(.output) * 16 }
  /// The number of runs of at most 16 filters.
  package var filterRuns: Int { blocks(.output) }

  /// Copies biases to padded blocks.
  package func spread(_ biases: UnsafePointer<Float>, into padded: Floats) {
    padded.update(from: biases, count: outputs)
  }
}

// MARK: - Transforms

extension Winograd {
  /// V ← input tiles.
  ///
  /// - Parameter isKept: whether V is read so much later that it is written past the caches.
  package func transformInput(
    _ maps: UnsafePointer<Float>, tiles: Range<Int>, into v: Floats, pitch: Int,
    isKept: Bool = false
  ) {
    withUnsafePointer(to: shape) {
      kernels.input($0, v, pitch, isKept ? 1 : 0, maps, tiles.lowerBound, tiles.count)
    }
  }

  /// dM ← tiles of the output's gradient.
  package func transformOutputGradient(
    _ maps: UnsafePointer<Float>, tiles: Range<Int>, into dm: Floats, pitch: Int
  ) {
    withUnsafePointer(to: shape) {
      kernels.output_adjoint($0, dm, pitch, maps, tiles.lowerBound, tiles.count)
    }
  }

  /// Output tiles ← M, plus biases, finished.
  package func transformOutput(
    _ m: UnsafePointer<Float>, pitch: Int, biases: UnsafePointer<Float>, finish: OutputFinish,
    tiles: Range<Int>, into maps: Floats
  ) {
    withUnsafePointer(to: shape) { shape in
      withUnsafePointer(to: finish.settings) {
        kernels.output(shape, maps, m, pitch, biases, $0, tiles.lowerBound, tiles.count)
      }
    }
  }

  /// Adds tiles of dV, which overlap, to the input's gradient.
  package func addInputGradient(
    _ dv: UnsafePointer<Float>, pitch: Int, tiles: Range<Int>, to maps: Floats
  ) {
    withUnsafePointer(to: shape) {
      kernels.input_adjoint($0, maps, dv, pitch, tiles.lowerBound, tiles.count)
    }
  }

  /// U ← a run of filters; weights have the layout filters × rows × columns × channels.
  package func transformFilters(
    _ weights: UnsafePointer<Float>, run: Int, forward: Floats?, backward: Floats?
  ) {
    withUnsafePointer(to: shape) { kernels.filter($0, forward, backward, weights, run * 16) }
  }

  /// One filter's gradient, in the layout of the weights, from the sum of `parts` consecutive arrays dU.
  package func filterGradient(
    _ du: UnsafePointer<Float>, parts: Int, filter: Int, into gradient: Floats
  ) {
    withUnsafePointer(to: shape) {
      kernels.filter_adjoint(
        $0, gradient, du, parts, filterGradientCount, filter)
    }
  }
}

// MARK: - Products

extension Winograd {
  /// M ← V·U for some tiles.
  package func multiply(
    _ v: UnsafePointer<Float>, filters: UnsafePointer<Float>, tiles: Range<Int>, into m: Floats,
    pitch: Int
  ) {
    let block = pitch * 16
    let inputStride = pointStride(.input, pitch: pitch)
    let outputStride = pointStride(.output, pitch: pitch)
    let filterStride = ck_filter_stride(inputs, outputs)
    for point in 0..<points {
      let tiles = count(tiles, ofPoint: point)
      if tiles == 0 { continue }
      let m = m + point * outputStride
      let v = v + point * inputStride
      let u = filters + point * filterStride
      if hasAllChannels {
        kernels.multiply(m, block, v, block, u, tiles, inputs, outputs, 0)
        continue
      }
      for panel in 0..<(outputs + 31) / 32 {
        for (index, range) in channels(ofPoint: point).enumerated() {
          kernels.multiply(
            m + panel * 2 * block, block, v + range.lowerBound / 16 * block, block,
            u + (panel * inputs + range.lowerBound) * 32, tiles, range.count,
            min(32, outputs - panel * 32), index > 0 ? 1 : 0)
        }
      }
    }
  }

  /// dV ← dM·Uᵀ for some tiles; `filters` are those for input gradients.
  package func multiplyGradient(
    _ dm: UnsafePointer<Float>, filters: UnsafePointer<Float>, tiles: Range<Int>, into dv: Floats,
    pitch: Int
  ) {
    let block = pitch * 16
    let inputStride = pointStride(.input, pitch: pitch)
    let outputStride = pointStride(.output, pitch: pitch)
    let filterStride = ck_filter_stride(outputs, inputs)
    for point in 0..<points {
      let tiles = count(tiles, ofPoint: point)
      if tiles == 0 { continue }
      let dv = dv + point * inputStride
      let dm = dm + point * outputStride
      let u = filters + point * filterStride
      if hasAllChannels {
        kernels.multiply(dv, block, dm, block, u, tiles, outputs, inputs, 0)
        continue
      }
      var end = 0
      for range in channels(ofPoint: point) {
        clear(dv, blocks: end / 16..<range.lowerBound / 16, tiles: tiles, block: block)
        end = range.upperBound
        kernels.multiply(
          dv + range.lowerBound / 16 * block, block, dm, block, u + range.lowerBound * outputs,
          tiles, outputs, range.count, 0)
      }
      clear(dv, blocks: (end + 15) / 16..<blocks(.input), tiles: tiles, block: block)
    }
  }

  private func clear(_ side: Floats, blocks: Range<Int>, tiles: Int, block: Int) {
    for index in blocks { (side + index * block).update(repeating: 0, count: tiles * 16) }
  }

  /// A piece of dU: one point and a range of filters that starts at a multiple of 16.
  package struct GradientPiece {
    package var point: Int
    package var filters: Range<Int>

    package init(point: Int, filters: Range<Int>) {
      self.point = point
      self.filters = filters
    }
  }

  /// dU ← dMᵀ·V over some tiles, or dU + dMᵀ·V, for a piece of dU. Where the filters of a part are zero, dU is left as it
  /// is: it would only reach their zeros.
  package func multiplyOuter(
    _ dm: UnsafePointer<Float>, _ v: UnsafePointer<Float>, tiles: Range<Int>, pitch: Int,
    piece: GradientPiece, into du: Floats, accumulating: Bool, next: ReadAhead = ReadAhead()
  ) {
    let block = pitch * 16
    let row = blocks(.input) * 16
    let tiles = count(tiles, ofPoint: piece.point)
    withUnsafePointer(to: next.settings) { next in
      func multiply(_ range: Range<Int>) {
        kernels.multiply_outer(
          du + piece.point * gradientStride
            + piece.filters.lowerBound * row + range.lowerBound, row,
          dm + place(.output, of: piece, pitch: pitch), block,
          v + place(.input, of: piece, pitch: pitch) + range.lowerBound / 16 * block, block,
          tiles, piece.filters.count, (range.count + 15) / 16, accumulating ? 1 : 0, next)
      }
      if hasAllChannels { return multiply(0..<inputs) }
      for range in channels(ofPoint: piece.point) { multiply(range) }
    }
  }

  /// Where a side has what a piece of dU is computed from.
  private func place(_ side: Side, of piece: GradientPiece, pitch: Int) -> Int {
    let block = side == .output ? piece.filters.lowerBound / 16 : 0
    return piece.point * pointStride(side, pitch: pitch) + block * pitch * 16
  }

  /// What `multiplyOuter` reads.
  package func ahead(
    _ dm: UnsafePointer<Float>, _ v: UnsafePointer<Float>, pitch: Int, piece: GradientPiece
  ) -> ReadAhead {
    ReadAhead(
      dm + place(.output, of: piece, pitch: pitch), count: piece.filters.count * pitch,
      v + place(.input, of: piece, pitch: pitch), count: blocks(.input) * 16 * pitch)
  }
}
