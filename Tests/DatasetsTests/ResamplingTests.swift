import Datasets
import Definitions
import Testing

@Suite struct ResamplingTests {
  private func noiseImage(height: Int, width: Int) -> PackedImage {
    PackedImage(
      height: height, width: width, channels: 3,
      pixels: noise(count: height * width * 3, seed: height * 100 + width))
  }

  private func resized(
    _ image: PackedImage, height: Int, width: Int, fit: DatasetDefinition.Fit = .stretch
  ) throws -> PackedImage {
    try packed(
      png(image.pixels, height: image.height, width: image.width),
      size: .init(height: height, width: width), fit: fit)
  }

  @Test(arguments: [
    (13, 17, 5, 8), (5, 8, 13, 17), (9, 9, 3, 20), (4, 30, 4, 7), (12, 5, 7, 5), (1, 1, 3, 3),
    (40, 40, 1, 1), (16, 16, 8, 8),
  ]) func stretchingEqualsItsNaiveTwin(height: Int, width: Int, newHeight: Int, newWidth: Int)
    throws
  {
    let image = noiseImage(height: height, width: width)
    let expected = naivelyResampled(
      image, height: newHeight, width: newWidth,
      verticalStep: Double(height) / Double(newHeight),
      horizontalStep: Double(width) / Double(newWidth))
    let result = try resized(image, height: newHeight, width: newWidth)
    #expect(result.height == newHeight && result.width == newWidth)
    // Weights are rounded to 2⁻¹⁴, so a value near ½ may fall on the other side, once each way.
    #expect(largestDifference(result.pixels, expected.pixels) <= 1)
  }

  @Test(arguments: [(20, 11, 6, 6), (11, 20, 6, 6), (8, 30, 10, 12), (30, 30, 7, 9)])
  func croppingEqualsItsNaiveTwin(height: Int, width: Int, newHeight: Int, newWidth: Int) throws {
    let image = noiseImage(height: height, width: width)
    let step = min(Double(height) / Double(newHeight), Double(width) / Double(newWidth))
    let expected = naivelyResampled(
      image, height: newHeight, width: newWidth, verticalStep: step, horizontalStep: step)
    let result = try resized(image, height: newHeight, width: newWidth, fit: .crop)
    #expect(largestDifference(result.pixels, expected.pixels) <= 1)
  }

  @Test func halvingALineWeighsItsPixelsByATriangle() throws {
    let line = PackedImage(
      height: 1, width: 4, channels: 3, pixels: [0, 0, 0, 70, 70, 70, 140, 140, 140, 210, 210, 210])
    // An output pixel reaches two input pixels to each side: weights ¾ ¾ ¼ at the border.
    let left: UInt8 = 50  // (3 · 0 + 3 · 70 + 140) / 7
    let right: UInt8 = 160  // (70 + 3 · 140 + 3 · 210) / 7
    #expect(
      try resized(line, height: 1, width: 2).pixels == [left, left, left, right, right, right])
  }

  @Test(arguments: DatasetDefinition.Fit.allCases)
  func anImageThatHasTheSizeIsKept(fit: DatasetDefinition.Fit) throws {
    let image = noiseImage(height: 7, width: 9)
    #expect(try resized(image, height: 7, width: 9, fit: fit) == image)
  }

  @Test(arguments: [(3, 3), (50, 9), (200, 200)])
  func aPlainImageStaysPlain(height: Int, width: Int) throws {
    let plain = PackedImage(
      height: 20, width: 20, channels: 3, pixels: Array(repeating: 201, count: 1200))
    #expect(
      try resized(plain, height: height, width: width).pixels
        == Array(repeating: 201, count: height * width * 3))
  }

  @Test func aVeryLongLineKeepsItsMean() throws {
    let line = PackedImage(
      height: 1, width: 60_000, channels: 3,
      pixels: (0..<180_000).map { $0 / 3 % 2 == 0 ? 0 : 200 })
    #expect(try resized(line, height: 1, width: 1).pixels == [100, 100, 100])
  }

  @Test func croppingTakesTheMiddle() throws {
    // Black, white, black thirds: the middle square is white.
    var pixels: [UInt8] = []
    for _ in 0..<8 {
      for column in 0..<24 {
        pixels += Array(repeating: 8..<16 ~= column ? 255 : 0, count: 3)
      }
    }
    let image = PackedImage(height: 8, width: 24, channels: 3, pixels: pixels)
    #expect(
      try resized(image, height: 8, width: 8, fit: .crop).pixels
        == Array(repeating: 255, count: 8 * 8 * 3))
  }
}
