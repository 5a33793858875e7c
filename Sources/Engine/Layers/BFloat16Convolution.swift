import Definitions
import Kernels

/// Convolution of stride 1 as products of bfloat16 numbers, without a matrix of windows.
///
/// A map is rounded into a padded one, group by group, whose pixels are rows of a left operand: those of a window row are one run
/// along the depth, and the next output pixel's lie one pixel further on. Rows are taken through the whole padded map, so that the
/// results of a few, between the end of a row and the beginning of the next, are dropped. The gradient of the weights is
/// a sum over pixels; the operands of some images are kept until a round is finished.
package final class BFloat16Convolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let use: ConvolutionUse
  private let products = BFloat16Products()
  private let forwardMap: PaddedMap
  private let backwardMap: PaddedMap
  private let sums: BFloat16FilterSums
  package let blockImages: Int
  private var biases: UnsafePointer<Float>?
  /// Floats of the right operand of the forward pass, and the operand where the weights are frozen.
  private let forwardFilterCount: Int
  private let frozenFilters: FloatBuffer?

  /// Rows of a product, whose results stay in the second-level cache.
  private static let rows = 512
  /// The maps of a block, in bytes, which share the reading of the weights.
  private static let blockBytes = 512 << 10
  private static let mostImages = 8

  /// `nil` for an unsupported shape.
  package init?(_ geometry: ConvolutionGeometry, _ use: ConvolutionUse) {
    guard geometry.stride == 1, geometry.padding < geometry.kernel,
      geometry.groups == 1 || geometry.groupInputs >= 8
    else { return nil }
    self.geometry = geometry
    self.use = use
    let (input, output, kernel) = (geometry.input, geometry.output, geometry.kernel)
    forwardMap = PaddedMap(
      height: input.height, width: input.width, channels: geometry.groupInputs,
      groups: geometry.groups, padding: geometry.padding, kernel: kernel,
      outputHeight: output.height, outputWidth: output.width)
    backwardMap = PaddedMap(
      height: output.height, width: output.width, channels: geometry.groupOutputs,
      groups: geometry.groups, padding: kernel - 1 - geometry.padding, kernel: kernel,
      outputHeight: input.height, outputWidth: input.width)
    blockImages = min(
      max(BFloat16Convolution.blockBytes / (2 * forwardMap.count), 1),
      BFloat16Convolution.mostImages)
    sums = BFloat16FilterSums(geometry, map: forwardMap, blockImages: blockImages)
    forwardFilterCount =
      geometry.groups * ((geometry.groupOutputs + 31) / 32) * forwardMap.panelCount / 2
    frozenFilters = use.learns ? nil : FloatBuffer(count: forwardFilterCount)
    use.scratch.reserve(
      max(
        blockImages * max(forwardMap.floats, backwardMap.floats) + resultCount,
        forwardMap.floats + sums.scratchCount, packingCount))
    use.scratch.reserveShared(use.learns ? forwardFilterCount : 0)
    use.scratch.reserveShared(
      keptStart + (use.learns ? sums.floats + sums.roundImages * sums.imageFloats : 0))
  }

  // What stands in the shared scratch: forward, the weights; backward, the weights, the sums of their gradients, and what a
  // round keeps.
  private var forwardFilters: BFloats { (frozenFilters?.start ?? use.scratch.shared).bfloats }
  private var backwardFilters: BFloats? { use.propagates ? use.scratch.shared.bfloats : nil }
  private var keptStart: Int {
    use.propagates ? geometry.groups * inputPanels * backwardMap.panelCount / 2 : 0
  }
  private var gradients: Floats { use.scratch.shared + keptStart }
  private var kept: Floats { gradients + sums.floats }

  private var filterPanels: Int { (geometry.groupOutputs + 31) / 32 }
  private var inputPanels: Int { (geometry.groupInputs + 31) / 32 }
  /// Floats of a product's results.
  private var resultCount: Int {
    let width = max(forwardMap.width, backwardMap.width)
    return (max(BFloat16Convolution.rows, width) + 16) * BFloat16Products.panel
  }
  /// Floats that the packing of a panel takes.
  private var packingCount: Int {
    let taps = geometry.kernel * geometry.kernel
    return max(
      BFloat16Products.panel * forwardMap.runLength / 2,
      (geometry.groupOutputs + 1) * taps * BFloat16Products.panel / 2) + 16
  }

  // MARK: Weights

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    self.biases = biases
    if isAgain && frozenFilters != nil { return }
    let filters = forwardFilters
    pool.run(geometry.groups * filterPanels) { task, worker in
      packForward(
        weights, task: task, into: filters + task * forwardMap.panelCount,
        scratch: use.scratch[worker].bfloats)
    }
  }

  package func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool) {
    guard let filters = backwardFilters else { return }
    pool.run(geometry.groups * inputPanels) { task, worker in
      packBackward(
        weights, task: task, into: filters + task * backwardMap.panelCount,
        scratch: use.scratch[worker].bfloats)
    }
  }

  /// 32 filters as columns; the depth is the channels of the pixels of each window row.
  private func packForward(
    _ weights: UnsafePointer<Float>, task: Int, into panel: BFloats, scratch: BFloats
  ) {
    let (group, number) = task.quotientAndRemainder(dividingBy: filterPanels)
    let kernel = geometry.kernel, channels = geometry.groupInputs
    let first = number * 32, count = min(32, geometry.groupOutputs - first)
    let run = forwardMap.runLength
    scratch.update(repeating: 0, count: 32 * run)
    for row in 0..<kernel {
      for filter in 0..<count {
        let from =
          weights + (group * geometry.groupOutputs + first + filter) * geometry.fanIn
          + row * kernel * channels
        BFloat16Products.round(
          from, stride: channels, rows: kernel, columns: channels, into: scratch + filter * run,
          row: forwardMap.pixel)
      }
      BFloat16Products.transpose(
        scratch, stride: run, rows: 32, pairs: run / 2, into: panel + row * run * 32, row: 64)
    }
  }

  /// 32 input channels as columns; the depth is the filters at each pixel of a window row, taps in opposite order.
  private func packBackward(
    _ weights: UnsafePointer<Float>, task: Int, into panel: BFloats, scratch: BFloats
  ) {
    let (group, number) = task.quotientAndRemainder(dividingBy: inputPanels)
    let kernel = geometry.kernel, taps = kernel * kernel
    let first = number * 32, count = min(32, geometry.groupInputs - first)
    let filters = geometry.groupOutputs
    for filter in 0..<filters {
      BFloat16Products.round(
        weights + (group * filters + filter) * geometry.fanIn + first,
        stride: geometry.groupInputs, rows: taps, columns: count,
        into: scratch + filter * taps * 32, row: 32, padded: 32)
    }
    let run = backwardMap.runLength
    for tap in 0..<taps {
      let (row, column) = (taps - 1 - tap).quotientAndRemainder(dividingBy: kernel)
      let start = panel + row * run * 32
      BFloat16Products.pair(
        scratch + tap * 32, stride: taps * 32, rows: filters, columns: 32,
        into: start + column * backwardMap.pixel * 32, row: 64)
      let end = kernel * backwardMap.pixel
      if column == kernel - 1 {
        (start + end * 32).update(repeating: 0, count: (run - end) * 32)
      }
    }
  }

  // MARK: Passes

  package func forward(
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, finish: OutputFinish,
    scratch: Floats
  ) {
    let maps = scratch.bfloats
    for image in 0..<images {
      forwardMap.fill(input + image * geometry.input.count, into: maps + image * forwardMap.count)
    }
    multiply(
      forwardMap, maps, filters: forwardFilters, images: images, columns: geometry.groupOutputs,
      into: output, biases: biases,
      rectification: finish.onlyRectifies ? finish.rectification : .none,
      scratch: scratch + images * forwardMap.floats)
    if !finish.onlyRectifies {
      let output = output, shape = geometry.output
      finish.apply(
        to: output, into: output, rows: images * shape.height * shape.width,
        channels: shape.channels)
    }
  }

  package func schedule(images: Int) -> BlockSchedule { sums.schedule(images: images) }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
    let images = block.images.count
    let maps = scratch.bfloats
    if let inputGradient, let filters = backwardFilters {
      for image in 0..<images {
        backwardMap.fill(
          outputGradient + image * geometry.output.count, into: maps + image * backwardMap.count)
      }
      multiply(
        backwardMap, maps, filters: filters, images: images, columns: geometry.groupInputs,
        into: inputGradient, scratch: scratch + images * backwardMap.floats)
    }
    guard use.learns else { return }
    for image in 0..<images {
      forwardMap.fill(input + image * geometry.input.count, into: maps)
      let slot = block.positionInRound * blockImages + image
      sums.keep(
        maps, outputGradient + image * geometry.output.count,
        in: kept + slot * sums.imageFloats, scratch: scratch + forwardMap.floats)
    }
  }

  /// The products of padded maps and all panels, panel by panel for all images.
  private func multiply(
    _ map: PaddedMap, _ maps: BFloats, filters: BFloats, images: Int, columns: Int,
    into output: Floats, biases: UnsafePointer<Float>? = nil,
    rectification: Rectification = .none, scratch: Floats
  ) {
    let panels = (columns + 31) / 32
    let channels = geometry.groups * columns
    let step = max(1, BFloat16Convolution.rows / map.width)
    for task in 0..<geometry.groups * panels {
      let (group, number) = task.quotientAndRemainder(dividingBy: panels)
      let count = min(32, columns - number * 32)
      let column = group * columns + number * 32
      for image in 0..<images {
        let start = maps + image * map.count + group * map.groupCount
        for first in stride(from: 0, to: map.outputHeight, by: step) {
          let rows = min(step, map.outputHeight - first)
          products.multiply(
            .init(start + first * map.width * map.pixel, row: map.pixel, runs: map.runs),
            .init(filters + task * map.panelCount, run: map.runLength * 32),
            chunks: map.runLength / 32, rows: rows * map.width, columns: count, into: scratch,
            stride: 32, adds: false)
          for row in 0..<rows {
            let place = (image * map.outputHeight + first + row) * map.outputWidth
            BFloat16Products.write(
              scratch + row * map.width * 32, stride: 32, rows: map.outputWidth, columns: count,
              into: output + place * channels + column, row: channels,
              biases: biases.map { $0 + column }, rectification: rectification)
          }
        }
      }
    }
  }

  // MARK: Gradients of the weights

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {
    guard use.learns else { return }
    let images = schedule.parts(ofRound: round).reduce(0) {
      $0 + schedule.images(ofPart: $1).count
    }
    pool.run(sums.pieces) { piece, _ in
      sums.add(
        kept, images: images, piece: piece, to: gradients, adds: round > 0, products: products)
    }
  }

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    sums.gradient(ofFilter: filter, from: gradients, into: gradient)
  }
}

/// A map with padding, rounded to bfloat16 numbers: one for each group, groups × pixels × channels. The zeros after a row are
/// those before the next one.
struct PaddedMap {
  let height, width: Int
  let outputHeight, outputWidth: Int
  /// Numbers from pixel to pixel: the channels of a group, made even.
  let pixel: Int
  /// Numbers of a run along a row of a window, padded to whole chunks.
  let runLength: Int
  /// Where the run of each window row begins.
  let runs: AlignedBuffer<Int>
  /// Numbers of a group, with room for whole tiles and runs at the end; and of all groups.
  let groupCount: Int
  private let groups: Int
  private let channels: Int
  private let inner: (height: Int, width: Int)
  private let padding: Int

  init(
    height: Int, width: Int, channels: Int, groups: Int, padding: Int, kernel: Int,
    outputHeight: Int, outputWidth: Int
  ) {
    inner = (height, width)
    self.channels = channels
    self.groups = groups
    self.padding = padding
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
    self.height = outputHeight + kernel - 1
    self.width = width + padding
    pixel = (channels + 1) / 2 * 2
    let rowWidth = self.width * pixel
    runs = AlignedBuffer((0..<kernel).map { $0 * rowWidth })
    runLength = (kernel * pixel + 31) / 32 * 32
    groupCount =
      ((outputHeight + kernel - 1) * rowWidth + 16 * pixel + runLength + 31) / 32 * 32
  }

  var count: Int { groups * groupCount }
  /// The floats that it takes.
  var floats: Int { (count + 31) / 32 * 16 }
  /// Numbers of a panel of the right operand.
  var panelCount: Int { runs.count * runLength * 32 }

  func fill(_ map: UnsafePointer<Float>, into padded: BFloats) {
    for group in 0..<groups {
      let start = padded + group * groupCount
      start.update(repeating: 0, count: groupCount)
      for row in 0..<inner.height {
        BFloat16Products.round(
          map + row * inner.width * groups * channels + group * channels,
          stride: groups * channels, rows: inner.width, columns: channels,
          into: start + ((row + padding) * width + padding) * pixel, row: pixel)
      }
    }
  }
}
