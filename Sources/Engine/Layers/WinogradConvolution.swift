import Definitions
import Kernels

/// Convolution of stride 1 in Winograd's domain, which takes 2 to 6 times fewer multiplications.
///
/// Tiles are computed in groups, so that their transforms stay in cache between being written and being multiplied: a
/// part of an image, or all tiles of a few. The division of work depends only on the shape.
package final class WinogradConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let winograd: Winograd
  private let division: WinogradDivision
  private let use: ConvolutionUse
  /// Floats of an input map.
  private let inputCount: Int
  /// U as columns for outputs, where the weights are frozen; what learns has it in the shared scratch. As depth, for
  /// input gradients, it is always there.
  private let frozenFilters: FloatBuffer?
  private let biases: FloatBuffer
  /// dU: one for each part of a batch, or one for all.
  private let gradientParts: Int

  /// `nil` for an unsupported shape.
  ///
  /// - Parameter strided: the strided convolution that this one rearranges, whose maps and padding are to be used as they
  ///   are.
  package init?(
    _ geometry: ConvolutionGeometry, _ use: ConvolutionUse, strided: ConvolutionGeometry? = nil
  ) {
    guard geometry.stride == 1,
      let tiles = TileDivision(
        kernel: geometry.kernel, height: geometry.output.height, width: geometry.output.width)
    else { return nil }
    self.geometry = geometry
    self.use = use
    let maps = strided ?? geometry
    inputCount = maps.input.count
    winograd = Winograd(
      tile: tiles.tile, rows: .init(tiles.rows), columns: .init(tiles.columns),
      kernel: geometry.kernel, padding: maps.padding, groups: geometry.groups,
      input: (maps.input.height, maps.input.width, maps.input.channels),
      output: (geometry.output.height, geometry.output.width, geometry.output.channels),
      parts: Winograd.Parts(stride: maps.stride, kernel: maps.kernel), level: use.level)
    division = WinogradDivision(winograd)
    frozenFilters = use.learns ? nil : FloatBuffer(count: winograd.forwardFilterCount)
    biases = FloatBuffer(count: winograd.biasCount)
    let parts =
      division.sharesSums
      ? 1 : division.schedule(images: use.maximumBatch).parts
    gradientParts = use.learns ? parts : 0
    use.scratch.reserve(max(division.inputCount + division.outputCount, 2 * geometry.fanIn + 32))
    use.scratch.reserveShared(use.learns ? winograd.forwardFilterCount : 0)
    use.scratch.reserveShared(
      slotStart
        + (division.sharesSums && use.learns ? division.slotsPerRound * division.slotCount : 0))
  }

  // What stands in the shared scratch: forward, U; backward, U, dU, and what a round keeps.
  private var forwardFilters: Floats { frozenFilters?.start ?? use.scratch.shared }
  private var backwardFilters: Floats? { use.propagates ? use.scratch.shared : nil }
  private var filterGradients: Floats? {
    use.learns ? use.scratch.shared + (use.propagates ? winograd.backwardFilterCount : 0) : nil
  }
  private var slotStart: Int {
    (use.propagates ? winograd.backwardFilterCount : 0)
      + gradientParts * winograd.filterGradientCount
  }

  package var blockImages: Int { division.blockImages }

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    if isAgain && frozenFilters != nil { return }
    if let biases { winograd.spread(biases, into: self.biases.start) }
    let filters = forwardFilters
    pool.run(winograd.filterRuns) { run, _ in
      winograd.transformFilters(weights, run: run, forward: filters, backward: nil)
    }
  }

  package func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool) {
    guard let filters = backwardFilters else { return }
    pool.run(winograd.filterRuns) { run, _ in
      winograd.transformFilters(weights, run: run, forward: nil, backward: filters)
    }
  }

  package func forward(
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, finish: OutputFinish,
    scratch: Floats
  ) {
    let pitch = division.groupTiles
    let m = scratch + division.inputCount
    let filters = forwardFilters
    division.forEachGroup(images: images) { _, tiles in
      winograd.transformInput(input, tiles: tiles, into: scratch, pitch: pitch)
      winograd.multiply(
        scratch, filters: filters, tiles: tiles, into: m, pitch: pitch)
      winograd.transformOutput(
        m, pitch: pitch, biases: biases.start, finish: finish, tiles: tiles, into: output)
    }
  }

  package func schedule(images: Int) -> BlockSchedule { division.schedule(images: images) }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
    let pitch = division.groupTiles
    inputGradient?.update(repeating: 0, count: block.images.count * inputCount)
    division.forEachGroup(images: block.images.count) { group, tiles in
      let isKept = division.sharesSums && use.learns
      let slot =
        isKept ? slot(block.positionInRound * division.groupsPerBlock + group) : scratch
      let dm = slot + division.inputCount
      winograd.transformOutputGradient(outputGradient, tiles: tiles, into: dm, pitch: pitch)
      if let inputGradient, let backwardFilters {
        winograd.multiplyGradient(
          dm, filters: backwardFilters, tiles: tiles, into: scratch, pitch: pitch)
        winograd.addInputGradient(scratch, pitch: pitch, tiles: tiles, to: inputGradient)
      }
      guard let filterGradients else { return }
      // V may take the memory of dV.
      winograd.transformInput(input, tiles: tiles, into: slot, pitch: pitch, isKept: isKept)
      if isKept { return }
      let du = filterGradients + block.part * winograd.filterGradientCount
      for point in 0..<winograd.points {
        for group in 0..<geometry.groups {
          winograd.multiplyOuter(
            dm, slot, tiles: tiles, pitch: pitch,
            piece: .init(point: point, group: group, filters: 0..<geometry.groupOutputs), into: du,
            accumulating: !block.isFirstOfPart || tiles.lowerBound > 0)
        }
      }
    }
  }

  /// V and dM of one group of tiles, kept until the round is finished.
  private func slot(_ index: Int) -> Floats {
    use.scratch.shared + slotStart + index * division.slotCount
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {
    guard division.sharesSums, let filterGradients else { return }
    let parts = schedule.parts(ofRound: round)
    let pitch = division.groupTiles
    pool.run(gradientPieces) { task, _ in
      let piece = gradientPiece(task)
      for (position, part) in parts.enumerated() {
        division.forEachGroup(images: schedule.images(ofPart: part).count) { number, tiles in
          let index = position * division.groupsPerBlock + number
          // After the last slot comes the first one for the next piece, which another thread may compute.
          let isLast = position == parts.count - 1 && number == division.groupsPerBlock - 1
          let next = slot(isLast ? 0 : index + 1)
          winograd.multiplyOuter(
            slot(index) + division.inputCount, slot(index), tiles: tiles, pitch: pitch,
            piece: piece, into: filterGradients, accumulating: round > 0 || index > 0,
            next: winograd.ahead(
              next + division.inputCount, next, pitch: pitch,
              piece: isLast ? gradientPiece((task + 1) % gradientPieces) : piece))
        }
      }
    }
  }

  /// The ranges of a group's filters, each of which is a task at the end of a round.
  private var filterRanges: Int {
    (geometry.groupOutputs + WinogradDivision.filters - 1) / WinogradDivision.filters
  }

  private var gradientPieces: Int { winograd.points * geometry.groups * filterRanges }

  private func gradientPiece(_ index: Int) -> Winograd.GradientPiece {
    let (rest, range) = index.quotientAndRemainder(dividingBy: filterRanges)
    let (point, group) = rest.quotientAndRemainder(dividingBy: geometry.groups)
    let first = range * WinogradDivision.filters
    return Winograd.GradientPiece(
      point: point, group: group,
      filters: first..<min(first + WinogradDivision.filters, geometry.groupOutputs))
  }

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    guard let filterGradients else { preconditionFailure("the weights do not learn") }
    winograd.filterGradient(
      filterGradients, parts: division.sharesSums ? 1 : schedule.parts, filter: filter,
      into: gradient)
  }
}

extension Winograd.Tiles {
  init(_ extent: TileDivision.Extent) { self.init(large: extent.large, small: extent.small) }
}
