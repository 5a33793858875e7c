import Definitions
import Kernels

/// Convolution of stride 1 in Winograd's domain, which takes 2 to 6 times fewer multiplications.
///
/// Tiles are computed in groups, so that their transforms stay in cache between being written and being multiplied: a
/// part of an image, or all tiles of a few; and one group of channels after the other. The division of work depends only on the shape.
package final class WinogradConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let winograd: Winograd
  private let division: WinogradDivision
  private let use: ConvolutionUse
  /// Floats of an input map.
  private let inputCount: Int
  /// Floats of U of all groups of channels, in both forms.
  private let forwardCount: Int
  private let backwardCount: Int
  /// U as columns for outputs, where the weights are frozen; what learns has it in the shared scratch. As depth, for
  /// input gradients, it is always there.
  private let frozenFilters: FloatBuffer?
  private let biases: FloatBuffer
  /// dU of each group of channels: one for each part of a batch, or one for all.
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
    division = WinogradDivision(winograd, channelGroups: geometry.groups)
    forwardCount = geometry.groups * winograd.forwardFilterCount
    backwardCount = geometry.groups * winograd.backwardFilterCount
    frozenFilters = use.learns ? nil : FloatBuffer(count: forwardCount)
    biases = FloatBuffer(count: geometry.groups * winograd.biasCount)
    let parts =
      division.sharesSums
      ? 1 : division.schedule(images: use.maximumBatch).parts
    gradientParts = use.learns ? parts : 0
    use.scratch.reserve(max(division.sidesCount, 2 * geometry.fanIn + 32))
    use.scratch.reserveShared(use.learns ? forwardCount : 0)
    use.scratch.reserveShared(
      slotStart
        + (division.sharesSums && use.learns ? division.slotsPerRound * division.slotCount : 0))
  }

  // What stands in the shared scratch: forward, U; backward, U, dU, and what a round keeps.
  private var forwardFilters: Floats { frozenFilters?.start ?? use.scratch.shared }
  private var backwardFilters: Floats? { use.propagates ? use.scratch.shared : nil }
  private var filterGradients: Floats? {
    use.learns ? use.scratch.shared + (use.propagates ? backwardCount : 0) : nil
  }
  private var slotStart: Int {
    (use.propagates ? backwardCount : 0)
      + geometry.groups * gradientParts * winograd.filterGradientCount
  }

  /// dU of a group of channels and a part of the batch.
  private func filterGradients(ofGroup group: Int, part: Int) -> Floats? {
    filterGradients.map { $0 + (group * gradientParts + part) * winograd.filterGradientCount }
  }

  package var blockImages: Int { division.blockImages }

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    if isAgain && frozenFilters != nil { return }
    if let biases {
      for group in 0..<geometry.groups {
        winograd.spread(
          biases + group * winograd.outputs,
          into: self.biases.start + group * winograd.biasCount)
      }
    }
    let filters = forwardFilters
    forEachFilterRun(on: pool) { group, run in
      winograd.transformFilters(
        weights + group * groupWeights, run: run,
        forward: filters + group * winograd.forwardFilterCount, backward: nil)
    }
  }

  /// The weights of a group of channels.
  private var groupWeights: Int {
    winograd.outputs * winograd.kernel * winograd.kernel * winograd.inputs
  }

  private func forEachFilterRun(on pool: ThreadPool, _ body: (Int, Int) -> Void) {
    pool.run(geometry.groups * winograd.filterRuns) { task, _ in
      let (group, run) = task.quotientAndRemainder(dividingBy: winograd.filterRuns)
      body(group, run)
    }
  }

  package func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool) {
    guard let filters = backwardFilters else { return }
    forEachFilterRun(on: pool) { group, run in
      winograd.transformFilters(
        weights + group * groupWeights, run: run, forward: nil,
        backward: filters + group * winograd.backwardFilterCount)
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
      for group in 0..<geometry.groups {
        winograd.transformInput(
          input + group * winograd.inputs, tiles: tiles, into: scratch, pitch: pitch)
        winograd.multiply(
          scratch, filters: filters + group * winograd.forwardFilterCount, tiles: tiles, into: m,
          pitch: pitch)
        let first = group * winograd.outputs
        winograd.transformOutput(
          m, pitch: pitch, biases: biases.start + group * winograd.biasCount,
          finish: finish.from(channel: first), tiles: tiles, into: output + first)
      }
    }
  }

  package func schedule(images: Int) -> BlockSchedule { division.schedule(images: images) }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
    let pitch = division.groupTiles
    inputGradient?.update(repeating: 0, count: block.images.count * inputCount)
    division.forEachGroup(images: block.images.count) { number, tiles in
      for group in 0..<geometry.groups {
        let isKept = division.sharesSums && use.learns
        let v =
          isKept
          ? sides(block.positionInRound * division.groupsPerBlock + number, group: group) : scratch
        let dm = v + division.inputCount
        let (inputs, outputs) = (group * winograd.inputs, group * winograd.outputs)
        winograd.transformOutputGradient(
          outputGradient + outputs, tiles: tiles, into: dm, pitch: pitch)
        if let inputGradient, let backwardFilters {
          winograd.multiplyGradient(
            dm, filters: backwardFilters + group * winograd.backwardFilterCount, tiles: tiles,
            into: scratch, pitch: pitch)
          winograd.addInputGradient(
            scratch, pitch: pitch, tiles: tiles, to: inputGradient + inputs)
        }
        guard let du = filterGradients(ofGroup: group, part: isKept ? 0 : block.part) else {
          continue
        }
        // V may take the memory of dV.
        winograd.transformInput(
          input + inputs, tiles: tiles, into: v, pitch: pitch, isKept: isKept)
        if isKept { continue }
        for point in 0..<winograd.points {
          winograd.multiplyOuter(
            dm, v, tiles: tiles, pitch: pitch,
            piece: .init(point: point, filters: 0..<winograd.outputs), into: du,
            accumulating: !block.isFirstOfPart || tiles.lowerBound > 0)
        }
      }
    }
  }

  /// V and dM of a group of tiles and a group of channels, kept until the round is finished.
  private func sides(_ index: Int, group: Int) -> Floats {
    use.scratch.shared + slotStart + index * division.slotCount + group * division.sidesCount
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {
    guard division.sharesSums, use.learns else { return }
    let parts = schedule.parts(ofRound: round)
    let pitch = division.groupTiles
    pool.run(gradientPieces) { task, _ in
      let (group, piece) = gradientPiece(task)
      guard let du = filterGradients(ofGroup: group, part: 0) else { return }
      let (nextGroup, nextPiece) = gradientPiece((task + 1) % gradientPieces)
      for (position, part) in parts.enumerated() {
        division.forEachGroup(images: schedule.images(ofPart: part).count) { number, tiles in
          let index = position * division.groupsPerBlock + number
          // After the last slot comes the first one for the next piece, which another thread may compute.
          let isLast = position == parts.count - 1 && number == division.groupsPerBlock - 1
          let v = sides(index, group: group)
          let next = isLast ? sides(0, group: nextGroup) : sides(index + 1, group: group)
          winograd.multiplyOuter(
            v + division.inputCount, v, tiles: tiles, pitch: pitch, piece: piece, into: du,
            accumulating: round > 0 || index > 0,
            next: winograd.ahead(
              next + division.inputCount, next, pitch: pitch, piece: isLast ? nextPiece : piece))
        }
      }
    }
  }

  /// The ranges of a group's filters, each of which is a task at the end of a round.
  private var filterRanges: Int {
    (geometry.groupOutputs + WinogradDivision.filters - 1) / WinogradDivision.filters
  }

  private var gradientPieces: Int { winograd.points * geometry.groups * filterRanges }

  /// A group of channels, and a piece of its dU.
  private func gradientPiece(_ index: Int) -> (Int, Winograd.GradientPiece) {
    let (rest, range) = index.quotientAndRemainder(dividingBy: filterRanges)
    let (point, group) = rest.quotientAndRemainder(dividingBy: geometry.groups)
    let first = range * WinogradDivision.filters
    let end = min(first + WinogradDivision.filters, geometry.groupOutputs)
    return (group, Winograd.GradientPiece(point: point, filters: first..<end))
  }

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    let (group, filter) = filter.quotientAndRemainder(dividingBy: winograd.outputs)
    guard let du = filterGradients(ofGroup: group, part: 0) else {
      preconditionFailure("the weights do not learn")
    }
    winograd.filterGradient(
      du, parts: division.sharesSums ? 1 : schedule.parts, filter: filter, into: gradient)
  }
}

extension Winograd.Tiles {
  init(_ extent: TileDivision.Extent) { self.init(large: extent.large, small: extent.small) }
}
