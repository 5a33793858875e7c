import Definitions
import Kernels

/// Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy 2015).
///
/// A learning layer normalises by the batch's own mean and (biased) variance while training, and moves
/// its running statistics towards them, the variance unbiased, as PyTorch does. Evaluating, it normalises by the running
/// statistics; frozen, too, unless its treatment says that it normalises by the batch: then the running ones do not move.
package final class BatchNormLayer: BatchLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  package let parameters: [Parameter]
  private let settings: BatchNorm
  private let isLearning: Bool
  private let normalizesByBatch: Bool
  private let propagates: Bool
  private let channels: Int
  private let places: Int

  /// The normalisation of the pass: x ↦ factor · (x − mean) + shift.
  private let mean: FloatBuffer
  private let factor: FloatBuffer
  /// 1 / √(variance + ε)
  private var inverse: [Double]
  /// Two numbers of each image for each channel: mean and squares, or sums of gradients.
  private let partials: AlignedBuffer<Double>
  private let scratch: Scratch
  /// What the layer does in place of a rectifier above it, both ways.
  var rectification = Rectification.none
  private var sums: [Double]
  private let offset: FloatBuffer
  private let slope: FloatBuffer

  package init(_ settings: BatchNorm, _ setup: LayerSetup) {
    self.settings = settings
    input = setup.input
    output = Blob(shape: setup.outputShape)
    parameters = setup.parameters
    isLearning = setup.isLearning
    normalizesByBatch = setup.normalizesByBatch
    propagates = setup.propagates
    channels = setup.input.shape.channels
    places = setup.input.shape.height * setup.input.shape.width
    mean = FloatBuffer(count: channels)
    factor = FloatBuffer(count: channels)
    offset = FloatBuffer(count: channels)
    slope = FloatBuffer(count: channels)
    inverse = Array(repeating: 0, count: channels)
    sums = Array(repeating: 0, count: 2 * channels)
    let width = 2 * setup.input.shape.channels
    partials = AlignedBuffer<Double>(count: setup.maximumBatch * width)
    scratch = setup.scratch
    scratch.reserve(channels)
  }

  private var scale: Parameter { parameters[0] }
  private var shift: Parameter { parameters[1] }
  private var runningMean: Parameter { parameters[2] }
  private var runningVariance: Parameter { parameters[3] }

  private func usesBatch(_ pass: Pass) -> Bool { normalizesByBatch && pass.mode == .training }

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
        shift: shift.values.start, rows: places, channels: channels,
        rectification: rectification)
    }
  }

  /// The batch's mean and variance, from those of its images (Chan, Golub and LeVeque 1979), each of which is gone
  /// through while it is in cache; and the running statistics' step.
  private func measure(_ pass: Pass, on pool: ThreadPool) {
    let x = input.batchValues
    let count = input.shape.count
    let width = 2 * channels
    pool.run(pass.images) { image, worker in
      let own = partials.start + image * width
      ChannelStatistics.moments(
        of: x + image * count, rows: places, channels: channels, means: own,
        squares: own + channels, scratch: scratch[worker])
    }
    let values = Double(pass.images * places)
    for channel in 0..<channels {
      var sum = 0.0
      for image in 0..<pass.images { sum += partials.start[image * width + channel] }
      let batchMean = sum / Double(pass.images)
      var squares = 0.0
      for image in 0..<pass.images {
        let difference = partials.start[image * width + channel] - batchMean
        squares +=
          partials.start[image * width + channels + channel]
          + Double(places) * difference * difference
      }
      mean.start[channel] = Float(batchMean)
      let variance = squares / values
      inverse[channel] = 1 / (variance + settings.epsilon).squareRoot()
      guard isLearning else { continue }
      // A single value has no unbiased variance; its biased one, zero, stands in.
      let unbiased = values > 1 ? squares / (values - 1) : variance
      let share = pass.statisticsShare ?? settings.momentum
      move(runningMean, channel, towards: batchMean, by: share)
      move(runningVariance, channel, towards: unbiased, by: share)
    }
  }

  private func move(
    _ running: Parameter, _ channel: Int, towards value: Double, by share: Double
  ) {
    let old = Double(running.values.start[channel])
    running.values.start[channel] = Float(
      (1 - share) * old + share * value)
  }

  package var looksAtOutput: Bool { rectification != .none }

  package func backward(in pass: Pass, on pool: ThreadPool) {
    let x = input.batchValues
    let dy = output.batchGradient
    // Not looked at, and perhaps overwritten, unless it is rectified.
    let y = output.batchValues
    let count = input.shape.count
    let width = 2 * channels
    let learns = scale.learns || shift.learns
    if usesBatch(pass) || learns {
      pool.run(pass.images) { image, _ in
        let first = image * count
        let own = partials.start + image * width
        own.update(repeating: 0, count: width)
        ChannelStatistics.addGradientSums(
          of: dy + first, output: y + first, rectification: rectification, input: x + first,
          mean: mean.start, rows: places, channels: channels, sums: own, products: own + channels)
      }
      for index in 0..<width {
        var sum = 0.0
        for image in 0..<pass.images { sum += partials.start[image * width + index] }
        sums[index] = sum
      }
    }
    if usesBatch(pass) {
      let values = Double(pass.images * places)
      for channel in 0..<channels {
        let product = sums[channels + channel] * inverse[channel]
        offset.start[channel] = Float(sums[channel] / values)
        slope.start[channel] = Float(product * inverse[channel] / values)
      }
    } else {
      offset.start.update(repeating: 0, count: channels)
      slope.start.update(repeating: 0, count: channels)
    }
    if propagates {
      let dx = input.batchGradient
      pool.run(pass.images) { image, _ in
        let first = image * count
        ChannelStatistics.gradient(
          dy + first, output: y + first, rectification: rectification, input: x + first,
          into: dx + first, mean: mean.start, scale: factor.start, offset: offset.start,
          slope: slope.start,
          rows: places, channels: channels)
      }
    }
    if learns {
      // The buffers have served; they now take the gradients of scale and shift.
      for channel in 0..<channels {
        slope.start[channel] = Float(sums[channels + channel] * inverse[channel])
        offset.start[channel] = Float(sums[channel])
      }
      scale.move(0, count: channels, gradients: slope.start, in: pass)
      shift.move(0, count: channels, gradients: offset.start, in: pass)
    }
  }
}
