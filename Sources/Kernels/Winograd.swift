import CKernels

/// Winograd's minimal filtering F(m, r) for one convolution of stride 1: transforms between maps and the Winograd
/// domain, and products in the domain. `Winograd.h` describes the mathematics and the layouts.
///
/// Tiles are numbered through a sequence of images. A *side* is the transformed form of a map: V for inputs, M for
/// outputs, for a number of tiles (its pitch).
package struct Winograd {
  /// The maps that tiles are read from and written to.
  package enum Side { case input, output }

  private let shape: ck_winograd
  private let kernels: ck_winograd_kernels
  /// The number of values per tile: n².
  package let points: Int
  package let tilesPerImage: Int
  package let groups: Int
  /// Channels per group.
  package let inputs: Int
  package let outputs: Int
  /// The height and width of a filter.
  package let kernel: Int

  /// - Parameters:
  ///   - tile: the size m of an output tile.
  ///   - input, output: height, width and channels.
  /// - Precondition: `isServed(tile:kernel:)`, and the processor supports the level.
  package init(
    tile: Int, kernel: Int, padding: Int, groups: Int,
    input: (height: Int, width: Int, channels: Int),
    output: (height: Int, width: Int, channels: Int), level: KernelLevel = .current
  ) {
    precondition(Winograd.isServed(tile: tile, kernel: kernel), "no F(\(tile), \(kernel))")
    guard let kernels = level.kernels else {
      preconditionFailure("the processor lacks \(level.rawValue)")
    }
    self.kernels = kernels
    func map(_ size: (height: Int, width: Int, channels: Int), origin: Int) -> ck_map {
      ck_map(
        height: Int32(size.height), width: Int32(size.width), channels: Int32(size.channels),
        group_channels: Int32(size.channels / groups), origin: Int32(origin))
    }
    let rows = (output.height + tile - 1) / tile
    let columns = (output.width + tile - 1) / tile
    shape = ck_winograd(
      tile: Int32(tile), kernel: Int32(kernel), groups: Int32(groups), tile_rows: Int32(rows),
      tile_columns: Int32(columns), input: map(input, origin: -padding),
      output: map(output, origin: 0))
    points = (tile + kernel - 1) * (tile + kernel - 1)
    tilesPerImage = rows * columns
    self.groups = groups
    self.kernel = kernel
    inputs = input.channels / groups
    outputs = output.channels / groups
  }

  /// Whether there are matrices for tiles and filters of these sizes.
  package static func isServed(tile: Int, kernel: Int) -> Bool {
    tiles(kernel: kernel).contains(tile)
  }

  /// The supported tile sizes in ascending order.
  package static func tiles(kernel: Int) -> [Int] {
    switch kernel {
    case 3: [2, 4, 5]
    case 5: [2, 4]
    default: []
    }
  }
}

// MARK: - Sizes

extension Winograd {
  private func map(_ side: Side) -> ck_map { side == .input ? shape.input : shape.output }

  /// The number of blocks of 16 channels in one group.
  private func blocks(_ side: Side) -> Int {
    ((side == .input ? inputs : outputs) + 15) / 16
  }

  private func pointStride(_ side: Side, pitch: Int) -> Int {
    withUnsafePointer(to: shape) { shape in
      withUnsafePointer(to: map(side)) { ck_point_stride(shape, $0, pitch) }
    }
  }

  /// The number of floats of a side with room for `pitch` tiles.
  package func count(_ side: Side, pitch: Int) -> Int { points * pointStride(side, pitch: pitch) }

  private func filterStride(depth: Int, columns: Int) -> Int {
    withUnsafePointer(to: shape) { ck_filter_stride($0, depth, columns) }
  }

  private var gradientStride: Int { withUnsafePointer(to: shape) { ck_gradient_stride($0) } }

  /// The number of floats of U: as columns for outputs, or as depth for input gradients.
  package var forwardFilterCount: Int { points * filterStride(depth: inputs, columns: outputs) }
  package var backwardFilterCount: Int { points * filterStride(depth: outputs, columns: inputs) }
  /// The number of floats of dU.
  package var filterGradientCount: Int { points * gradientStride }
  /// The number of floats of a bias per channel, with padded blocks.
  package var biasCount: Int { groups * blocks(.output) * 16 }
  /// The number of runs of at most 16 filters of one group.
  package var filterRuns: Int { groups * blocks(.output) }

  /// Copies biases to padded blocks.
  package func spread(_ biases: UnsafePointer<Float>, into padded: Floats) {
    for channel in 0..<groups * outputs {
      let (group, rest) = channel.quotientAndRemainder(dividingBy: outputs)
      padded[group * blocks(.output) * 16 + rest] = biases[channel]
    }
  }
}

// MARK: - Transforms

extension Winograd {
  /// V ← input tiles.
  package func transformInput(
    _ maps: UnsafePointer<Float>, tiles: Range<Int>, into v: Floats, pitch: Int
  ) {
    withUnsafePointer(to: shape) {
      kernels.input($0, v, pitch, maps, tiles.lowerBound, tiles.count)
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

  /// Output tiles ← M, plus biases; then max(·, 0) if `rectifies`.
  package func transformOutput(
    _ m: UnsafePointer<Float>, pitch: Int, biases: UnsafePointer<Float>, rectifies: Bool,
    tiles: Range<Int>, into maps: Floats
  ) {
    withUnsafePointer(to: shape) {
      kernels.output(
        $0, maps, m, pitch, biases, rectifies ? 1 : 0, tiles.lowerBound, tiles.count)
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

  /// U ← a run of filters; weights have the layout filters × rows × columns × channels per group.
  package func transformFilters(
    _ weights: UnsafePointer<Float>, run: Int, forward: Floats?, backward: Floats?
  ) {
    let (group, block) = run.quotientAndRemainder(dividingBy: blocks(.output))
    withUnsafePointer(to: shape) {
      kernels.filter($0, forward, backward, weights, group, block * 16)
    }
  }

  /// One filter's gradient, in the layout of the weights, from the sum of `parts` consecutive arrays dU.
  package func filterGradient(
    _ du: UnsafePointer<Float>, parts: Int, filter: Int, into gradient: Floats
  ) {
    withUnsafePointer(to: shape) {
      kernels.filter_adjoint(
        $0, gradient, du, parts, filterGradientCount, filter / outputs, filter % outputs)
    }
  }
}

// MARK: - Products

extension Winograd {
  /// M ← V·U for some tiles.
  package func multiply(
    _ v: UnsafePointer<Float>, filters: UnsafePointer<Float>, tiles: Int, into m: Floats, pitch: Int
  ) {
    multiply(
      v, .input, filters, .output, tiles: tiles, into: m, pitch: pitch, depth: inputs,
      columns: outputs)
  }

  /// dV ← dM·Uᵀ for some tiles; `filters` are those for input gradients.
  package func multiplyGradient(
    _ dm: UnsafePointer<Float>, filters: UnsafePointer<Float>, tiles: Int, into dv: Floats,
    pitch: Int
  ) {
    multiply(
      dm, .output, filters, .input, tiles: tiles, into: dv, pitch: pitch, depth: outputs,
      columns: inputs)
  }

  private func multiply(
    _ a: UnsafePointer<Float>, _ from: Side, _ b: UnsafePointer<Float>, _ to: Side, tiles: Int,
    into c: Floats, pitch: Int, depth: Int, columns: Int
  ) {
    let aPoint = pointStride(from, pitch: pitch)
    let cPoint = pointStride(to, pitch: pitch)
    let bPoint = filterStride(depth: depth, columns: columns)
    let bGroup = (columns + 31) / 32 * 32 * depth
    for point in 0..<points {
      for group in 0..<groups {
        kernels.multiply(
          c + point * cPoint + group * blocks(to) * pitch * 16, pitch * 16,
          a + point * aPoint + group * blocks(from) * pitch * 16, pitch * 16,
          b + point * bPoint + group * bGroup, tiles, depth, columns, 0)
      }
    }
  }

  /// dU ← dMᵀ·V over some tiles, or dU + dMᵀ·V, for one point, one group and a range of its filters that starts at a
  /// multiple of 16.
  package func multiplyOuter(
    _ dm: UnsafePointer<Float>, _ v: UnsafePointer<Float>, tiles: Int, pitch: Int, point: Int,
    group: Int, filters: Range<Int>, into du: Floats, accumulating: Bool
  ) {
    let block = pitch * 16
    let row = blocks(.input) * 16
    kernels.multiply_outer(
      du + point * gradientStride + (group * outputs + filters.lowerBound) * row, row,
      dm + point * pointStride(.output, pitch: pitch)
        + (group * blocks(.output) + filters.lowerBound / 16) * block, block,
      v + point * pointStride(.input, pitch: pitch) + group * blocks(.input) * block, block,
      tiles, filters.count, blocks(.input), accumulating ? 1 : 0)
  }
}
