import Definitions
import Kernels

/// A strided convolution with few channels as one of stride 1 over an image whose pixels are blocks of stride ×
/// stride pixels, with stride² times the channels and correspondingly smaller filters.
///
/// Output location o sums x[s·o − p + i] · w[i] over i < k. With i = s·a + b, that is the sum over a of x′[o + a][b]
/// · w′[a][b], where x′[q][b] = x[s·q − p + b] and w′[a][b] = w[s·a + b], or 0 if s·a + b is k or more. The gradients
/// of such taps are dropped, so they remain 0.
package final class SpaceToDepthConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let inner: any ConvolutionAlgorithm
  private let rearranged: ConvolutionGeometry
  private let window: Window
  private let weights: FloatBuffer
  /// The size of a block of rearranged images, and of the scratch memory for two such blocks, in floats.
  private let blockCount: Int

  /// With more channels, lowering the image is as fast.
  private static let mostChannels = 64

  /// `nil` for an unsupported shape.
  package init?(
    _ geometry: ConvolutionGeometry, _ use: ConvolutionUse
  ) {
    let stride = geometry.stride
    let channels = stride * stride * geometry.input.channels
    guard stride > 1, geometry.groups == 1,
      channels <= SpaceToDepthConvolution.mostChannels, geometry.kernel > stride
    else { return nil }
    let kernel = (geometry.kernel + stride - 1) / stride
    var rearranged = geometry
    rearranged.kernel = kernel
    rearranged.stride = 1
    rearranged.padding = 0
    rearranged.input = Shape(
      channels: channels, height: geometry.output.height + kernel - 1,
      width: geometry.output.width + kernel - 1)
    guard let inner = WinogradConvolution(rearranged, use) else { return nil }
    self.geometry = geometry
    self.rearranged = rearranged
    self.inner = inner
    window = Window(
      height: geometry.input.height, width: geometry.input.width,
      channels: geometry.input.channels, kernel: geometry.kernel, stride: stride,
      padding: geometry.padding, outputHeight: geometry.output.height,
      outputWidth: geometry.output.width)
    weights = FloatBuffer(count: rearranged.weightCount)
    blockCount = (inner.blockImages * rearranged.input.count + 15) / 16 * 16
    use.scratch.reserve(use.scratch.count + 2 * blockCount)
  }

  package var blockImages: Int { inner.blockImages }

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    for filter in 0..<geometry.output.channels {
      let from = weights + filter * geometry.fanIn
      let to = self.weights.start + filter * rearranged.fanIn
      forEachTap { tap, place in
        (to + place).update(from: from + tap, count: geometry.input.channels)
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
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, rectifies: Bool,
    scratch: Floats
  ) {
    rearrange(input, images: images, into: scratch)
    inner.forward(
      scratch, into: output, images: images, rectifies: rectifies,
      scratch: scratch + 2 * blockCount)
  }

  package func schedule(images: Int) -> BlockSchedule { inner.schedule(images: images) }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
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
