import Basics
import CResampling
import Definitions

/// Resizing with a triangle filter.
///
/// Each output pixel is the weighted mean of the input pixels around its position. Weights decrease linearly to zero
/// at a distance of one output pixel (one input pixel when enlarging), so that reduction does not alias. The two
/// directions are processed one after the other, each rounded to 0…255. Weights are integer multiples of 2⁻¹⁴ that
/// sum to one: results are the same on every machine, and an image that already has the size is returned unchanged.
extension DecodedImage {
  /// The image at another size.
  func resized(to size: DatasetDefinition.Size, fit: DatasetDefinition.Fit) -> DecodedImage {
    guard size.height != height || size.width != width else { return self }
    var verticalStep = Double(height) / Double(size.height)
    var horizontalStep = Double(width) / Double(size.width)
    if fit == .crop {
      // One step for both directions, the largest that leaves no edge uncovered.
      let step = min(verticalStep, horizontalStep)
      verticalStep = step
      horizontalStep = step
    }
    let columns = ResamplingFilter.shared(from: width, to: size.width, step: horizontalStep)
    let rows = ResamplingFilter.shared(from: height, to: size.height, step: verticalStep)
    return resampledAcross(columns, width: size.width).resampledDown(rows, height: size.height)
  }

  private func resampledAcross(_ filter: ResamplingFilter, width newWidth: Int) -> DecodedImage {
    let result = bytes(count: height * newWidth * channels) { pixels, result in
      cresampling_across(
        pixels, Int32(height), Int32(width), Int32(channels), filter.taps, filter.weights,
        Int32(newWidth), result)
    }
    return DecodedImage(height: height, width: newWidth, channels: channels, pixels: result)
  }

  private func resampledDown(_ filter: ResamplingFilter, height newHeight: Int) -> DecodedImage {
    let length = width * channels
    let result = bytes(count: newHeight * length) { pixels, result in
      cresampling_down(
        pixels, Int32(length), filter.taps, filter.weights, Int32(newHeight), result)
    }
    return DecodedImage(height: newHeight, width: width, channels: channels, pixels: result)
  }

  /// - Parameter fill: writes every byte.
  private func bytes(
    count: Int, _ fill: (UnsafePointer<UInt8>?, UnsafeMutablePointer<UInt8>?) -> Void
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { result, initialized in
      pixels.withUnsafeBufferPointer { fill($0.baseAddress, result.baseAddress) }
      initialized = count
    }
  }
}

/// For each output pixel of a line, the contributing input pixels and their weights.
struct ResamplingFilter {
  private(set) var taps: [cresampling_tap] = []
  /// In units of 2⁻¹⁴; the weights of one tap sum to one, and none is negative.
  private(set) var weights: [Int16] = []

  private struct Lines: Hashable {
    let from: Int
    let to: Int
    let step: Double
  }

  /// The latest filters: most photographs of a set share a few sizes.
  private static let latest = Guarded<[Lines: ResamplingFilter]>([:])
  private static let mostKept = 64

  /// The same filter as `init`'s, computed once for images of the same size.
  static func shared(from: Int, to: Int, step: Double) -> ResamplingFilter {
    let lines = Lines(from: from, to: to, step: step)
    if let filter = latest.withLock({ $0[lines] }) { return filter }
    let filter = ResamplingFilter(from: from, to: to, step: step)
    latest.withLock { latest in
      if latest.count >= mostKept { latest.removeAll() }
      latest[lines] = filter
    }
    return filter
  }

  /// - Parameters:
  ///   - from: input pixels.
  ///   - to: output pixels.
  ///   - step: input pixels per output pixel; if the input is not fully covered, its middle is.
  init(from: Int, to: Int, step: Double) {
    let reach = max(step, 1)
    let start = (Double(from) - step * Double(to)) / 2
    taps.reserveCapacity(to)
    weights.reserveCapacity(to * (2 * Int(reach.rounded(.up)) + Int(CRESAMPLING_GROUP)))
    var shares: [Double] = []
    for output in 0..<to {
      let center = start + (Double(output) + 0.5) * step
      let first = max(0, Int((center - reach).rounded(.down)))
      let last = min(from - 1, Int((center + reach).rounded(.up)))
      shares.removeAll(keepingCapacity: true)
      for input in first...last {
        shares.append(max(0, 1 - abs(Double(input) + 0.5 - center) / reach))
      }
      append(shares, first: first)
    }
  }

  private mutating func append(_ shares: [Double], first: Int) {
    let total = shares.reduce(0, +)
    let one = Double(1 << CRESAMPLING_BITS)
    let begin = weights.count
    // The running sum is rounded, so that the weights sum to one however many there are.
    var sum = 0.0
    var given: Int16 = 0
    // Pixels at either end without a weight need not be read.
    var leading = 0
    var used = 0
    for share in shares {
      sum += share
      let due = Int16((sum / total * one).rounded())
      if due == given, weights.count == begin {
        leading += 1
      } else {
        weights.append(due - given)
        if due != given { used = weights.count - begin }
      }
      given = due
    }
    weights.removeLast(weights.count - begin - used)
    // Sizes of images are bounded by `ImageDecoder.check` and those of datasets by the language, far below 2³¹.
    taps.append(
      cresampling_tap(
        first: Int32(first + leading), start: Int32(begin), count: Int32(used)))
    for _ in used..<used.roundedUp(toMultipleOf: Int(CRESAMPLING_GROUP)) { weights.append(0) }
  }
}
