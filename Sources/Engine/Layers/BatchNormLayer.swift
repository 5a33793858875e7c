import Definitions
import Kernels

/// Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy 2015).
///
/// During training, a learning layer uses the batch's mean and (biased) variance, and updates its running statistics
/// with them, with unbiased variance, as PyTorch does. In evaluation, and always when frozen, it uses the running
/// statistics.
package final class BatchNormLayer: BatchLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  package let parameters: [Parameter]
  private let settings: BatchNorm
  private let isLearning: Bool
  private let propagates: Bool
  private let channels: Int
  private let places: Int

  /// The normalisation of the pass: x ↦ factor · (x − mean) + shift.
  private let mean: FloatBuffer
  private let factor: FloatBuffer
  /// 1 / √(variance + ε)
  private var inverse: [Double]
  /// Sums of each chunk of the batch, two per channel.
  private let partials: AlignedBuffer<Double>
  private var sums: [Double]
  private let offset: FloatBuffer
  private let slope: FloatBuffer

  package init(_ settings: BatchNorm, _ setup: LayerSetup) {
    self.settings = settings
    input = setup.input
    output = Blob(shape: setup.outputShape)
    parameters = setup.parameters
    isLearning = setup.isLearning
    propagates = setup.propagates
    channels = setup.input.shape.channels
    places = setup.input.shape.height * setup.input.shape.width
    mean = FloatBuffer(count: channels)
    factor = FloatBuffer(count: channels)
    offset = FloatBuffer(count: channels)
    slope = FloatBuffer(count: channels)
    inverse = Array(repeating: 0, count: channels)
    sums = Array(repeating: 0, count: 2 * channels)
    partials = AlignedBuffer<Double>(count: BlockSchedule.mostChunks * 2 * channels)
  }

  private var scale: Parameter { parameters[0] }
  private var shift: Parameter { parameters[1] }
  private var runningMean: Parameter { parameters[2] }
  private var runningVariance: Parameter { parameters[3] }

  private func usesBatch(_ pass: Pass) -> Bool { isLearning && pass.mode == .training }

  package func forward(in pass: Pass, on pool: ThreadPool) {
    if usesBatch(pass) {
      measure(pass, on: pool)
    } else {
      for channel in 0..<channels {
        mean.start[channel] = runningMean.values.start[channel]
        let variance = Double(runningVariance.values.start[channel])
        inverse[channel] = 1 / (variance + settings.epsilon).squareRoot()
      }
    }
    for channel in 0..<channels {
      factor.start[channel] = Float(Double(scale.values.start[channel]) * inverse[channel])
    }
    let x = input.batchValues
    let y = output.batchValues
    let count = input.shape.count
    pool.run(pass.images) { image, _ in
      ChannelStatistics.normalize(
        x + image * count, into: y + image * count, mean: mean.start, scale: factor.start,
        shift: shift.values.start, rows: places, channels: channels)
    }
  }

  /// The batch's mean and variance, in two passes, and the update of the running statistics.
  private func measure(_ pass: Pass, on pool: ThreadPool) {
    let x = input.batchValues
    let count = input.shape.count
    let values = Double(pass.images * places)
    addUp(pass, on: pool) { range, sums in
      ChannelStatistics.addSums(
        of: x + range.lowerBound * count, rows: range.count * places, channels: channels, to: sums)
    }
    for channel in 0..<channels { mean.start[channel] = Float(sums[channel] / values) }
    addUp(pass, on: pool) { range, sums in
      ChannelStatistics.addSquares(
        of: x + range.lowerBound * count, around: mean.start, rows: range.count * places,
        channels: channels, to: sums)
    }
    for channel in 0..<channels {
      let variance = sums[channel] / values
      inverse[channel] = 1 / (variance + settings.epsilon).squareRoot()
      // A single value has no unbiased variance; its biased one, zero, is used instead.
      let unbiased = values > 1 ? sums[channel] / (values - 1) : variance
      move(runningMean, channel, towards: Double(mean.start[channel]))
      move(runningVariance, channel, towards: unbiased)
    }
  }

  private func move(_ running: Parameter, _ channel: Int, towards value: Double) {
    let old = Double(running.values.start[channel])
    running.values.start[channel] = Float(
      (1 - settings.momentum) * old + settings.momentum * value)
  }

  package func backward(in pass: Pass, on pool: ThreadPool) {
    let x = input.batchValues
    let dy = output.batchGradient
    let count = input.shape.count
    if usesBatch(pass) {
      addUp(pass, on: pool) { range, sums in
        let first = range.lowerBound * count
        ChannelStatistics.addGradientSums(
          of: dy + first, input: x + first, mean: mean.start, rows: range.count * places,
          channels: channels, sums: sums, products: sums + channels)
      }
      let values = Double(pass.images * places)
      for channel in 0..<channels {
        let product = sums[channels + channel] * inverse[channel]
        offset.start[channel] = Float(sums[channel] / values)
        slope.start[channel] = Float(product * inverse[channel] / values)
      }
    }
    if propagates {
      let dx = input.batchGradient
      pool.run(pass.images) { image, _ in
        let first = image * count
        ChannelStatistics.gradient(
          dy + first, input: x + first, into: dx + first, mean: mean.start, scale: factor.start,
          offset: offset.start, slope: slope.start, rows: places, channels: channels)
      }
    }
    if usesBatch(pass) {
      // The buffers are no longer needed; they now receive the gradients of scale and shift.
      for channel in 0..<channels {
        slope.start[channel] = Float(sums[channels + channel] * inverse[channel])
        offset.start[channel] = Float(sums[channel])
      }
      scale.move(0, count: channels, gradients: slope.start, in: pass)
      shift.move(0, count: channels, gradients: offset.start, in: pass)
    }
  }

  /// Fills `sums` (two per channel) from chunks of the batch, added in order.
  private func addUp(
    _ pass: Pass, on pool: ThreadPool,
    _ addChunk: (Range<Int>, UnsafeMutablePointer<Double>) -> Void
  ) {
    let schedule = BlockSchedule.chunks(images: pass.images, blockImages: pass.images)
    let width = 2 * channels
    partials.start.update(repeating: 0, count: schedule.parts * width)
    pool.run(schedule.parts) { part, _ in
      addChunk(schedule.images(ofPart: part), partials.start + part * width)
    }
    for index in 0..<width {
      var sum = 0.0
      for part in 0..<schedule.parts { sum += partials.start[part * width + index] }
      sums[index] = sum
    }
  }
}
