import Definitions
import Kernels

/// A strided convolution as one of stride 1 over an image whose pixels are blocks of stride ×
/// stride pixels, with stride² times the channels and correspondingly smaller filters.
///
/// Output location o sums x[s·o − p + i] · w[i] over i < k. With i = s·a + b, that is the sum over a of x′[o + a][b]
/// · w′[a][b], where x′[q][b] = x[s·q − p + b] and w′[a][b] = w[s·a + b], or 0 if s·a + b is k or more. The gradients
/// of such taps are dropped, so they remain 0.
///
/// Images with few channels are rearranged; of others, the transforms into Winograd's domain read every stride-th pixel.
package final class SpaceToDepthConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let inner: any ConvolutionAlgorithm
  private let rearranged: ConvolutionGeometry
  private let window: Window
  private let weights: FloatBuffer
  /// The size of a block of rearranged images, in floats; 0 where they are read as they are. There is scratch memory for
  /// two such blocks.
  private let blockCount: Int

  /// The most that are rearranged.
  private static let mostChannels = 64

  /// `nil` for an unsupported shape.
  package init?(
    _ geometry: ConvolutionGeometry, _ use: ConvolutionUse
  ) {
    let stride = geometry.stride
    let channels = stride * stride * geometry.input.channels
    let kernel = (geometry.kernel + stride - 1) / stride
    let isReadAsItIs = Convolution.isStridedInDomain(
      channels: geometry.input.channels, kernel: geometry.kernel, stride: stride,
      height: geometry.output.height, width: geometry.output.width)
    guard stride > 1, geometry.groups == 1 else { return nil }
    let isWorthwhile =
      geometry.kernel > stride
      // Filters of 2 × 2 and few channels are not worth a transform.
      && (isReadAsItIs || channels <= SpaceToDepthConvolution.mostChannels && kernel > 2)
    guard isWorthwhile || use.precision == .bfloat16 else { return nil }
    var rearranged = geometry
    rearranged.kernel = kernel
    rearranged.stride = 1
    rearranged.padding = 0
    rearranged.input = Shape(
      channels: channels, height: geometry.output.height + kernel - 1,
      width: geometry.output.width + kernel - 1)
    let makesCopy = use.precision == .bfloat16 || !isReadAsItIs
    let inner: (any ConvolutionAlgorithm)? =
      switch use.precision {
      case .single: WinogradConvolution(rearranged, use, strided: makesCopy ? nil : geometry)
      case .bfloat16: BFloat16Convolution(rearranged, use)
      }
    guard let inner else { return nil }
    self.geometry = geometry
    self.rearranged = rearranged
    self.inner = inner
    window = Window(
      height: geometry.input.height, width: geometry.input.width,
      channels: geometry.input.channels, kernel: geometry.kernel, stride: stride,
      padding: geometry.padding, outputHeight: geometry.output.height,
      outputWidth: geometry.output.width)
    weights = FloatBuffer(count: rearranged.weightCount)
    blockCount = !makesCopy ? 0 : (inner.blockImages * rearranged.input.count + 15) / 16 * 16
    use.scratch.reserve(use.scratch.count + 2 * blockCount)
  }

  package var blockImages: Int { inner.blockImages }

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    if !isAgain {
      pool.run(geometry.output.channels) { filter, _ in
        let from = weights + filter * geometry.fanIn
        let to = self.weights.start + filter * rearranged.fanIn
        forEachTap { tap, place in
          (to + place).update(from: from + tap, count: geometry.input.channels)
        }
      }
    }
    inner.prepare(weights: self.weights.start, biases: biases, isAgain: isAgain, on: pool)
  }

  /// The rearranged weights are still those of the forward pass.
  package func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool) {
    inner.prepareBackward(weights: self.weights.start, on: pool)
  }

  /// Calls `body` with the position of each tap's channels in the original and in the rearranged filter.
  private func forEachTap(_ body: (Int, Int) -> Void) {
    let (kernel, stride, channels) = (geometry.kernel, geometry.stride, geometry.input.channels)
    for row in 0..<kernel {
      for column in 0..<kernel {
        let place = row / stride * rearranged.kernel + column / stride
        let part = row % stride * stride + column % stride
        body(
          (row * kernel + column) * channels,
          place * rearranged.input.channels + part * channels)
      }
    }
  }

  private func rearrange(_ input: UnsafePointer<Float>, images: Int, into result: Floats) {
    for image in 0..<images {
      window.spaceToDepth(
        input + image * geometry.input.count, rows: rearranged.input.height,
        columns: rearranged.input.width, into: result + image * rearranged.input.count)
    }
  }

  package func forward(
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, finish: OutputFinish,
    scratch: Floats
  ) {
    if blockCount > 0 { rearrange(input, images: images, into: scratch) }
    inner.forward(
      blockCount > 0 ? UnsafePointer(scratch) : input, into: output, images: images,
      finish: finish,
      scratch: scratch + 2 * blockCount)
  }

  package func schedule(images: Int) -> BlockSchedule { inner.schedule(images: images) }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
    guard blockCount > 0 else {
      return inner.backward(
        outputGradient, input: input, inputGradient: inputGradient, block: block, scratch: scratch)
    }
    let images = block.images.count
    rearrange(input, images: images, into: scratch)
    let gradient = scratch + blockCount
    inner.backward(
      outputGradient, input: scratch, inputGradient: inputGradient == nil ? nil : gradient,
      block: block, scratch: scratch + 2 * blockCount)
    guard let inputGradient else { return }
    for image in 0..<images {
      window.depthToSpace(
        gradient + image * rearranged.input.count, rows: rearranged.input.height,
        columns: rearranged.input.width, into: inputGradient + image * geometry.input.count)
    }
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {
    inner.finish(round: round, of: schedule, on: pool)
  }

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    inner.gradient(ofFilter: filter, schedule: schedule, into: scratch, scratch: scratch)
    forEachTap { tap, place in
      (gradient + tap).update(from: scratch + place, count: geometry.input.channels)
    }
  }
}
