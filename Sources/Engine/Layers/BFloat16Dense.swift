import Definitions
import Kernels

/// A dense layer by products of bfloat16 numbers. The weights are rounded while they are read, a piece at a time.
final class BFloat16Dense: DenseAlgorithm {
  private let products = BFloat16Products()
  private let weights: Parameter
  private let scratch: Scratch
  private let inputs, units: Int
  private let propagates: Bool
  /// X: images × inputs, of whole chunks.
  private let rows: FloatBuffer
  /// Xᵀ: inputs × images, of whole chunks.
  private let columns: FloatBuffer
  /// dY: images × units, pairs of images for each unit, and pairs of units for each image.
  private let gradient: FloatBuffer
  private let imagePairs: FloatBuffer
  private let unitPairs: FloatBuffer
  /// One run, and those of a group of panels.
  private let run = AlignedBuffer<Int>(count: 1)
  private let panelRuns: AlignedBuffer<Int>

  /// Inputs whose weights are rounded and multiplied at a time in the forward pass, and those of a task backward.
  private static let forwardInputs = 2048
  private static let backwardInputs = 128
  /// Panels of weights that are rounded at a time in the backward pass.
  private static let panelGroup = 8
  /// Rows that are rounded and paired at a time.
  private static let pairedRows = 64

  init(_ setup: LayerSetup) {
    weights = setup.parameters[0]
    scratch = setup.scratch
    propagates = setup.propagates
    inputs = setup.input.shape.count
    units = setup.outputShape.count
    let images = BFloat16Dense.whole(setup.maximumBatch)
    func buffer(_ count: Int) -> FloatBuffer { FloatBuffer(count: count / 2) }
    let paddedInputs = BFloat16Dense.whole(inputs), paddedUnits = BFloat16Dense.whole(units)
    rows = buffer(images * paddedInputs)
    columns = buffer(paddedInputs * images)
    gradient = buffer(images * paddedUnits)
    imagePairs = buffer(images * paddedUnits)
    unitPairs = buffer(images * paddedUnits)
    let piece = BFloat16Dense.backwardInputs
    panelRuns = AlignedBuffer((0..<BFloat16Dense.panelGroup).map { $0 * piece * 32 })
    let forward =
      images * 32 + (BFloat16Dense.forwardInputs + BFloat16Dense.pairedRows) * 16
    let backward = piece * (images + 32) + BFloat16Dense.panelGroup * piece * 16
    scratch.reserve(max(forward, backward, images * 16))
  }

  /// In whole chunks.
  private static func whole(_ count: Int) -> Int { BFloat16Products.chunks(count) * 32 }

  private var panels: Int { (units + 31) / 32 }
  private var paddedInputs: Int { BFloat16Dense.whole(inputs) }
  private var paddedUnits: Int { panels * 32 }

  func forward(
    _ x: UnsafePointer<Float>, into y: Floats, biases: UnsafePointer<Float>?, images: Int,
    on pool: ThreadPool
  ) {
    pool.run(images) { image, _ in
      BFloat16Products.round(
        x + image * inputs, stride: inputs, rows: 1, columns: inputs,
        into: rows.start.bfloats + image * paddedInputs, row: paddedInputs, padded: paddedInputs)
    }
    pool.run(panels) { panel, worker in
      let sums = scratch[worker]
      let right = (sums + BFloat16Dense.whole(images) * 32).bfloats
      let size = BFloat16Dense.forwardInputs
      for first in stride(from: 0, to: inputs, by: size) {
        let count = min(size, inputs - first)
        pairInputs(panel: panel, first: first, count: count, into: right)
        products.multiply(
          .init(rows.start.bfloats + first, row: paddedInputs, runs: run), .init(right),
          chunks: BFloat16Products.chunks(count), rows: images, columns: 32, into: sums,
          stride: 32, adds: first > 0)
      }
      let first = panel * 32
      BFloat16Products.write(
        sums, stride: 32, rows: images, columns: min(32, units - first), into: y + first,
        row: units, biases: biases.map { $0 + first })
    }
  }

  /// Pairs of inputs for each unit of a panel, up to a whole chunk.
  private func pairInputs(panel: Int, first: Int, count: Int, into pairs: BFloats) {
    let rounded = pairs + BFloat16Dense.forwardInputs * 32
    let from = weights.values.start + (panel * inputs + first) * 32
    for row in stride(from: 0, to: count, by: BFloat16Dense.pairedRows) {
      let rows = min(BFloat16Dense.pairedRows, count - row)
      BFloat16Products.round(
        from + row * 32, stride: rows * 32, rows: 1, columns: rows * 32, into: rounded,
        row: rows * 32)
      BFloat16Products.pair(
        rounded, stride: 32, rows: rows, columns: 32, into: pairs + row * 32, row: 64)
    }
    let end = (count + 1) / 2 * 2
    (pairs + end * 32).update(repeating: 0, count: (BFloat16Dense.whole(count) - end) * 32)
  }

  func backward(
    _ dy: UnsafePointer<Float>, inputGradient: Floats?, in pass: Pass, on pool: ThreadPool
  ) {
    pack(dy, images: pass.images, on: pool)
    let size = BFloat16Dense.backwardInputs
    pool.run((inputs + size - 1) / size) { task, worker in
      let range = task * size..<min((task + 1) * size, inputs)
      backward(range, inputGradient: inputGradient, scratch: scratch[worker], in: pass)
    }
  }

  /// Prepares both forms of dY, and Xᵀ.
  private func pack(_ dy: UnsafePointer<Float>, images: Int, on pool: ThreadPool) {
    let padded = BFloat16Dense.whole(images)
    let units = self.units, width = paddedUnits
    let gradient = gradient.start.bfloats
    pool.run(padded) { image, _ in
      let row = gradient + image * width
      if image < images {
        BFloat16Products.round(
          dy + image * units, stride: units, rows: 1, columns: units, into: row, row: width,
          padded: width)
      } else {
        row.update(repeating: 0, count: width)
      }
    }
    pool.run(panels) { panel, _ in
      BFloat16Products.pair(
        gradient + panel * 32, stride: width, rows: padded, columns: 32,
        into: imagePairs.start.bfloats + panel * 64, row: 2 * width)
      BFloat16Products.transpose(
        gradient + panel * 32, stride: width, rows: padded, pairs: 16,
        into: unitPairs.start.bfloats + panel * 16 * 2 * padded, row: 2 * padded)
    }
    guard weights.learns else { return }
    let inputs = paddedInputs
    let rows = rows.start.bfloats
    (rows + images * inputs).update(repeating: 0, count: (padded - images) * inputs)
    pool.run(inputs / 32) { block, worker in
      let pairs = scratch[worker].bfloats
      BFloat16Products.pair(
        rows + block * 32, stride: inputs, rows: padded, columns: 32, into: pairs, row: 64)
      BFloat16Products.transpose(
        pairs, stride: 64, rows: padded / 2, pairs: 32,
        into: columns.start.bfloats + block * 32 * padded, row: padded)
    }
  }

  /// dX of a range of inputs, and dW and its update, so that weights are read once for both.
  private func backward(
    _ range: Range<Int>, inputGradient: Floats?, scratch: Floats, in pass: Pass
  ) {
    let images = BFloat16Dense.whole(pass.images)
    let size = BFloat16Dense.backwardInputs
    let tile = scratch + size * images
    let rounded = (tile + size * 32).bfloats
    for first in stride(from: 0, to: panels, by: BFloat16Dense.panelGroup) {
      let group = first..<min(first + BFloat16Dense.panelGroup, panels)
      if inputGradient != nil {
        for panel in group {
          BFloat16Products.round(
            weights.values.start + (panel * inputs + range.lowerBound) * 32,
            stride: range.count * 32, rows: 1, columns: range.count * 32,
            into: rounded + panelRuns.start[panel - first], row: range.count * 32)
        }
        for column in stride(from: 0, to: images, by: 32) {
          products.multiply(
            .init(rounded, row: 32, runs: panelRuns, runCount: group.count),
            .init(
              unitPairs.start.bfloats + first * 32 * images + 2 * column, pair: 2 * images,
              run: 32 * images),
            chunks: 1, rows: range.count, columns: 32, into: scratch + column, stride: images,
            adds: first > 0)
        }
      }
      guard weights.learns else { continue }
      for panel in group {
        products.multiply(
          .init(columns.start.bfloats + range.lowerBound * images, row: images, runs: run),
          .init(imagePairs.start.bfloats + panel * 64, pair: 2 * paddedUnits),
          chunks: images / 32, rows: range.count, columns: 32, into: tile, stride: 32, adds: false)
        weights.move(
          (panel * inputs + range.lowerBound) * 32, count: range.count * 32, gradients: tile,
          in: pass)
      }
    }
    if let inputGradient {
      // Floats are words as well.
      BFloat16Products.transpose(
        scratch.bfloats, stride: 2 * images, rows: range.count, pairs: pass.images,
        into: (inputGradient + range.lowerBound).bfloats, row: 2 * inputs)
    }
  }
}
