import Datasets
import Definitions
import Testing

@Suite struct ImageDecodingTests {
  @Test func colorPNGKeepsEveryPixel() throws {
    let pixels = noise(count: 5 * 7 * 3, seed: 1)
    let image = try packed(png(pixels, height: 5, width: 7))
    #expect(image == PackedImage(height: 5, width: 7, channels: 3, pixels: pixels))
  }

  @Test func grayPNGFillsAllChannels() throws {
    let pixels = noise(count: 5 * 7, seed: 2)
    let file = try png(pixels, height: 5, width: 7, kind: .gray)
    #expect(try packed(file).pixels == pixels.flatMap { [$0, $0, $0] })
    #expect(try packed(file, channels: 1).pixels == pixels)
  }

  @Test func colorTurnsIntoLuma() throws {
    let pixels = noise(count: 5 * 7 * 3, seed: 3)
    let expected = stride(from: 0, to: pixels.count, by: 3).map { index -> UInt8 in
      let red = 0.299 * Double(pixels[index])
      let green = 0.587 * Double(pixels[index + 1])
      let blue = 0.114 * Double(pixels[index + 2])
      return UInt8((red + green + blue).rounded())
    }
    let image = try packed(png(pixels, height: 5, width: 7), channels: 1)
    // A sum that ends in ½ may be slightly smaller in binary.
    #expect(image.channels == 1)
    #expect(largestDifference(image.pixels, expected) <= 1)
  }

  @Test func whiteShowsThroughTransparentPixels() throws {
    let file = try png(
      [200, 100, 0, 255, 200, 100, 0, 0], height: 1, width: 2, kind: .colorWithOpacity)
    #expect(try packed(file).pixels == [200, 100, 0, 255, 255, 255])
  }

  @Test func halfTransparentPixelsAreBlended() throws {
    let file = try png([200, 100, 0, 128], height: 1, width: 1, kind: .colorWithOpacity)
    // (v · 128 + 255 · 127) / 255, rounded.
    #expect(try packed(file).pixels == [227, 177, 127])
  }

  @Test func palettesAreExpanded() throws {
    let palette: [UInt8] = [10, 20, 30, 255, 200, 210, 220, 255, 9, 9, 9, 0]
    let file = try png([1, 0, 2, 1], height: 2, width: 2, kind: .palette(palette))
    #expect(
      try packed(file).pixels == [200, 210, 220, 10, 20, 30, 255, 255, 255, 200, 210, 220])
  }

  @Test func sixteenBitSamplesAreReducedToEight() throws {
    let samples: [UInt16] = [0, 0x0101, 0x8080, 0xffff, 0x4040, 0x1234]
    let image = try packed(deepPNG(samples, height: 1, width: 2))
    #expect(image.pixels == [0, 1, 0x80, 0xff, 0x40, 0x12])
  }

  @Test func colorJPEGIsClose() throws {
    let pixels = gradient(height: 24, width: 40)
    let image = try packed(jpeg(pixels, height: 24, width: 40, quality: 100))
    #expect(image.height == 24 && image.width == 40)
    #expect(largestDifference(image.pixels, pixels) <= 3)
  }

  @Test func grayJPEGFillsAllChannels() throws {
    let pixels = (0..<256).map { (pixel: Int) -> UInt8 in UInt8(pixel / 16 * 10 + 40) }
    let image = try packed(grayJPEG(pixels, height: 16, width: 16))
    let tripled: [UInt8] = pixels.flatMap { [$0, $0, $0] }
    #expect(largestDifference(image.pixels, tripled) <= 3)
    for index in stride(from: 0, to: image.pixels.count, by: 3) {
      #expect(Set(image.pixels[index..<index + 3]).count == 1)
    }
  }

  @Test func colorJPEGGivesItsLuma() throws {
    let pixels = [[UInt8]](repeating: [200, 50, 100], count: 64).flatMap { $0 }
    let image = try packed(jpeg(pixels, height: 8, width: 8), channels: 1)
    // 0.299 · 200 + 0.587 · 50 + 0.114 · 100
    #expect(largestDifference(image.pixels, Array(repeating: 101, count: 64)) <= 1)
  }

  @Test(arguments: [1, 3]) func invertedInksOfCMYKAreMultiplied(channels: Int) throws {
    let pixels = [[UInt8]](repeating: [250, 120, 30, 204], count: 64).flatMap { $0 }
    let image = try packed(cmykJPEG(pixels, height: 8, width: 8), channels: channels)
    // 204 / 255 = 0.8 of 250, 120, 30.
    let colors: [UInt8] = channels == 3 ? [200, 96, 24] : [119]
    let expected = (0..<64 * channels).map { colors[$0 % channels] }
    #expect(largestDifference(image.pixels, expected) <= 2)
  }

  @Test func contentDecidesNotTheName() throws {
    let pixels = noise(count: 2 * 2 * 3, seed: 4)
    #expect(try packed(png(pixels, height: 2, width: 2), named: "x.jpg").pixels == pixels)
  }
}
