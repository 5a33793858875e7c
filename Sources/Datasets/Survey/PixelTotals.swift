import Basics
import Definitions

/// The values of one image's pixels, added up, and what identifies them.
struct PixelTotals: Sendable {
  var size: DatasetDefinition.Size
  /// By channel: the sum of the values 0…255, and of their squares.
  var sums: ChannelSums
  /// Over the size and the pixels.
  var digest: Fingerprint

  init(_ pixels: UnsafeBufferPointer<UInt8>, height: Int, width: Int, channels: Int) {
    size = .init(height: height, width: width)
    sums = ChannelSums(pixels, channels: channels)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(12 + pixels.count)
    for number in [height, width, channels] {
      withUnsafeBytes(of: UInt32(number).littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.append(contentsOf: pixels)
    digest = Fingerprint(of: bytes)
  }
}

/// Sums over the pixels of some images: whole numbers, so that no order changes them. 2⁶⁴ is room for 2⁴⁸ pixels.
struct ChannelSums: Hashable, Sendable {
  private(set) var sums: [UInt64]
  private(set) var squares: [UInt64]
  private(set) var pixels: UInt64 = 0
  private(set) var images = 0

  init(channels: Int) {
    sums = Array(repeating: 0, count: channels)
    squares = sums
  }

  /// - Parameter pixels: of one image, height × width × channels.
  init(_ pixels: UnsafeBufferPointer<UInt8>, channels: Int) {
    self.init(channels: channels)
    for channel in 0..<channels {
      var sum: UInt64 = 0
      var square: UInt64 = 0
      for index in stride(from: channel, to: pixels.count, by: channels) {
        let value = UInt64(pixels[index])
        sum &+= value
        square &+= value &* value
      }
      sums[channel] = sum
      squares[channel] = square
    }
    self.pixels = UInt64(pixels.count / channels)
    images = 1
  }

  static func += (total: inout ChannelSums, part: ChannelSums) {
    for channel in total.sums.indices {
      total.sums[channel] += part.sums[channel]
      total.squares[channel] += part.squares[channel]
    }
    total.pixels += part.pixels
    total.images += part.images
  }

  static func -= (total: inout ChannelSums, part: ChannelSums) {
    for channel in total.sums.indices {
      total.sums[channel] -= part.sums[channel]
      total.squares[channel] -= part.squares[channel]
    }
    total.pixels -= part.pixels
    total.images -= part.images
  }

  /// Whether all pixels have one colour.
  var isUniform: Bool {
    zip(sums, squares).allSatisfy { sum, square in
      let (one, other) = (square.multipliedFullWidth(by: pixels), sum.multipliedFullWidth(by: sum))
      return one.high == other.high && one.low == other.low
    }
  }

  /// `nil` without pixels.
  var statistics: ChannelStatistics? {
    guard pixels > 0 else { return nil }
    let count = Double(pixels)
    let means = sums.map { Double($0) / count }
    let deviations = zip(squares, means).map { square, mean in
      max(0, Double(square) / count - mean * mean).squareRoot()
    }
    return ChannelStatistics(
      mean: means.map { $0 / 255 }, deviation: deviations.map { $0 / 255 }, images: images)
  }
}
