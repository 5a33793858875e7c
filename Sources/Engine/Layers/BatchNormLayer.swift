import Definitions
import Kernels

/// Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy 2015).
///
/// A learning layer normalises by the batch's own mean and (biased) variance while training, and moves
/// its running statistics towards them, the variance unbiased, as PyTorch does. Evaluating, it normalises by the running
/// statistics; frozen, too, unless its treatment says that it normalises by the batch: then the running ones do not move.
package final class BatchNormLayer: MeasuringLayer, OperationLayer {
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
  /// The shift of the pass: the parameter moves before gradients are computed.
  private let passShift: FloatBuffer
  /// 1 / √(variance + ε)
  private var inverse: [Double]
  /// Two numbers of each image for each channel: mean and squares, or sums of gradients.
  private let partials: AlignedBuffer<Double>
  private let scratch: Scratch
  /// What the layer does in place of a rectifier above it, both ways.
  var rectification = Rectification.none
  /// Added by a sum above, which the layer computes, with its rectifier.
  private var added: Blob?
  private var rectifiesSum = false
  /// Whether the convolution below computes it all.
  private var isDoneBelow = false
  private var sums: [Double]
  private let offset: FloatBuffer
  private let slope: FloatBuffer

  package init(_ settings: BatchNorm, _ setup: LayerSetup) {
    self.settings = settings
    input = setup.input
    // Without a backward pass or statistics, in place.
    let isInPlace =
      setup.ownsInput && !setup.hasBackward && !setup.normalizesByBatch
      && !setup.input.mustKeepValues && !setup.input.mustKeepSigns
    output = isInPlace ? setup.input : Blob(shape: setup.outputShape)
    parameters = setup.parameters
    isLearning = setup.isLearning
    normalizesByBatch = setup.normalizesByBatch
    propagates = setup.propagates
    channels = setup.input.shape.channels
    places = setup.input.shape.height * setup.input.shape.width
    mean = FloatBuffer(count: channels)
    factor = FloatBuffer(count: channels)
    passShift = FloatBuffer(count: channels)
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

  package func fuse(with below: (any Layer)?) {
    guard output === input, let convolution = below as? ConvolutionLayer else { return }
    convolution.norm = self
    isDoneBelow = true
  }

  /// Whether the layer can add another path's values to its output.
  var takesSum: Bool { rectification == .none && added == nil }

  func add(_ path: Blob) { added = path }

  /// Computes the rectifier above the sum, forward.
  func rectifySum() { rectifiesSum = true }

  private var learns: Bool { scale.learns || shift.learns }

  package var measures: Bool { normalizesByBatch || learns }

  /// The mean and squares of an image (Chan, Golub and LeVeque 1979).
  package func measure(_ place: Place, in pass: Pass) {
    guard usesBatch(pass) else { return }
    let own = partials.start + place.image * 2 * channels
    ChannelStatistics.moments(
      of: input.values(place), rows: places, channels: channels, means: own,
      squares: own + channels, scratch: scratch[place.worker])
  }

  package func prepare(for pass: Pass, on pool: ThreadPool) {
    if usesBatch(pass) {
      combineMoments(pass)
    } else {
      for channel in 0..<channels {
        mean.start[channel] = runningMean.values.start[channel]
        let variance = Double(runningVariance.values.start[channel])
        inverse[channel] = 1 / (variance + settings.epsilon).squareRoot()
      }
    }
    for channel in 0..<channels {
      factor.start[channel] = Float(Double(scale.values.start[channel]) * inverse[channel])
      passShift.start[channel] = shift.values.start[channel]
    }
  }

  package func forward(_ place: Place, in pass: Pass) {
    if isDoneBelow { return }
    finish(place).apply(
      to: input.values(place), into: output.values(place), rows: places, channels: channels)
  }

  /// What becomes of the input from an image on.
  func finish(_ place: Place) -> OutputFinish {
    OutputFinish(
      mean: mean.start, scale: factor.start, shift: passShift.start,
      added: added.map { UnsafePointer($0.values(place)) },
      rectification: rectifiesSum ? .positive : rectification)
  }

  /// The batch's mean and variance, from those of its images, and the running statistics' step.
  private func combineMoments(_ pass: Pass) {
    let values = Double(pass.images * places)
    addPartials(channels, pass)
    sums.withUnsafeMutableBufferPointer { sums in
      for channel in 0..<channels {
        sums[channel] /= Double(pass.images)
        sums[channels + channel] = 0
      }
      for image in 0..<pass.images {
        let means = partials.start + image * 2 * channels
        for channel in 0..<channels {
          let difference = means[channel] - sums[channel]
          sums[channels + channel] +=
            means[channels + channel] + Double(places) * difference * difference
        }
      }
    }
    for channel in 0..<channels {
      let batchMean = sums[channel]
      let squares = sums[channels + channel]
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

  /// sums ← the first numbers of all images, added in their order.
  private func addPartials(_ count: Int, _ pass: Pass) {
    sums.withUnsafeMutableBufferPointer { sums in
      for index in 0..<count { sums[index] = 0 }
      for image in 0..<pass.images {
        let own = partials.start + image * 2 * channels
        for index in 0..<count { sums[index] += own[index] }
      }
    }
  }

  private func move(
    _ running: Parameter, _ channel: Int, towards value: Double, by share: Double
  ) {
    let old = Double(running.values.start[channel])
    running.values.start[channel] = Float(
      (1 - share) * old + share * value)
  }

  /// What a rectifier above stops is computed again from the input.
  package var looksAtOutput: Bool { false }
  /// What was added is not kept.
  package var computesAgain: Bool { added == nil }

  /// What became of the input, before anything was added to it.
  private var normalization: OutputFinish {
    OutputFinish(
      mean: mean.start, scale: factor.start, shift: passShift.start, rectification: rectification)
  }

  /// The sums of the gradients of an image.
  package func measureGradient(_ place: Place, in pass: Pass) {
    guard usesBatch(pass) || learns else { return }
    let own = partials.start + place.image * 2 * channels
    own.update(repeating: 0, count: 2 * channels)
    ChannelStatistics.addGradientSums(
      of: output.gradient(place), input: input.values(place), finish: normalization, rows: places,
      channels: channels, sums: own, products: own + channels)
  }

  package func update(in pass: Pass, on pool: ThreadPool) {
    addPartials(2 * channels, pass)
    if learns {
      // The buffers are free; they take the gradients of scale and shift.
      for channel in 0..<channels {
        slope.start[channel] = Float(sums[channels + channel] * inverse[channel])
        offset.start[channel] = Float(sums[channel])
      }
      scale.move(0, count: channels, gradients: slope.start, in: pass)
      shift.move(0, count: channels, gradients: offset.start, in: pass)
    }
    guard usesBatch(pass) else {
      offset.start.update(repeating: 0, count: channels)
      slope.start.update(repeating: 0, count: channels)
      return
    }
    let values = Double(pass.images * places)
    for channel in 0..<channels {
      let product = sums[channels + channel] * inverse[channel]
      offset.start[channel] = Float(sums[channel] / values)
      slope.start[channel] = Float(product * inverse[channel] / values)
    }
  }

  package func backward(_ place: Place, in pass: Pass) {
    guard propagates else { return }
    ChannelStatistics.gradient(
      output.gradient(place), input: input.values(place), into: input.gradient(place),
      finish: normalization, offset: offset.start, slope: slope.start, rows: places,
      channels: channels)
  }
}
