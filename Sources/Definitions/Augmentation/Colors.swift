// Changes of the colours of height × width × channels pixels, as torchvision's functions compute them for 8-bit
// tensors: results are cut off to whole levels, not rounded. Saturation and hue have no effect on greyscale images.

/// Multiplies every value.
package func scaleBrightness(of pixels: UnsafeMutableBufferPointer<UInt8>, by factor: Double) {
  let factor = Float(factor)
  replace(pixels) { level(Float($0) * factor) }
}

/// Moves every value away from the mean grey level of the image, or towards it.
package func scaleContrast(
  of pixels: UnsafeMutableBufferPointer<UInt8>, channels: Int, by factor: Double
) {
  var sum = 0
  if channels == 3 {
    for index in stride(from: 0, to: pixels.count, by: 3) { sum &+= greyLevel(pixels, index) }
  } else {
    for value in pixels { sum &+= Int(value) }
  }
  let mean = Float(Double(sum) / Double(pixels.count / channels))
  let rest = Float(1 - factor) * mean
  let factor = Float(factor)
  replace(pixels) { level(Float($0) * factor + rest) }
}

/// Moves the channels of every pixel away from its grey level, or towards it.
package func scaleSaturation(
  of pixels: UnsafeMutableBufferPointer<UInt8>, channels: Int, by factor: Double
) {
  guard channels == 3 else { return }
  let rest = Float(1 - factor)
  let factor = Float(factor)
  changeColors(pixels) { red, green, blue in
    let grey = floored(0.2989 * red + 0.587 * green + 0.114 * blue) * rest
    return (
      limited(red * factor + grey), limited(green * factor + grey), limited(blue * factor + grey)
    )
  }
}

/// Shifts the hue of every pixel.
///
/// - Parameter shift: a share of the circle, −½…½.
package func shiftHue(
  of pixels: UnsafeMutableBufferPointer<UInt8>, channels: Int, by shift: Double
) {
  guard channels == 3 else { return }
  let shift = Float(6 * shift)
  // From numbers up to 1 to levels.
  let scale = Float(255.999 / 255)
  changeColors(pixels) { red, green, blue in
    let high = larger(red, larger(green, blue))
    let range = high - smaller(red, smaller(green, blue))
    // The hue in sixths of the circle; of the first channel that is the largest.
    let isGreen = high .== green
    let isRed = high .== red
    let difference = (red - green).replacing(with: blue - red, where: isGreen)
      .replacing(with: green - blue, where: isRed)
    let start = Four(repeating: 4 + shift).replacing(with: 2 + shift, where: isGreen)
      .replacing(with: shift, where: isRed)
    var hue = difference / range.replacing(with: 1, where: range .== 0) + start
    hue = hue.replacing(with: hue + 6, where: hue .< 0)
    hue = hue.replacing(with: hue - 6, where: hue .>= 6)
    // The share of the range by which a channel exceeds the lowest depends on its distance on the circle.
    let low = high - range
    @inline(__always) func channel(_ share: Four) -> Four {
      (low + range * larger(Four(repeating: 0), smaller(Four(repeating: 1), share))) * scale
    }
    return (
      channel(magnitude(hue - 3) - 1), channel(2 - magnitude(hue - 2)),
      channel(2 - magnitude(hue - 4))
    )
  }
}

/// Replaces all channels by the grey level.
package func makeGrey(_ pixels: UnsafeMutableBufferPointer<UInt8>, channels: Int) {
  guard channels == 3 else { return }
  for index in stride(from: 0, to: pixels.count, by: 3) {
    let grey = UInt8(truncatingIfNeeded: greyLevel(pixels, index))
    pixels[index] = grey
    pixels[index + 1] = grey
    pixels[index + 2] = grey
  }
}

// MARK: - Pixels

/// 0.2989 R + 0.587 G + 0.114 B, cut off, in units of 2⁻²⁰.
@inline(__always)
private func greyLevel(_ pixels: UnsafeMutableBufferPointer<UInt8>, _ index: Int) -> Int {
  let red = Int(pixels[index])
  let green = Int(pixels[index + 1])
  let blue = Int(pixels[index + 2])
  return (red &* 313_419 &+ green &* 615_514 &+ blue &* 119_538) >> 20
}

/// Replaces each value by that of a function.
@inline(__always)
func replace(_ pixels: UnsafeMutableBufferPointer<UInt8>, _ value: (UInt8) -> UInt8) {
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
    for index in 0..<256 { table[index] = value(UInt8(index)) }
    let table = table.baseAddress!
    for index in pixels.indices { pixels[index] = table[Int(pixels[index])] }
  }
}

/// A value cut off to a level.
func level(_ value: Float) -> UInt8 { UInt8(max(0, min(255, value))) }

// MARK: - Four pixels at once

private typealias Four = SIMD4<Float>

// Written as comparisons, which are vector instructions on every processor; SIMD's own minimum is not.
@inline(__always) private func smaller(_ one: Four, _ other: Four) -> Four {
  one.replacing(with: other, where: other .< one)
}
@inline(__always) private func larger(_ one: Four, _ other: Four) -> Four {
  one.replacing(with: other, where: other .> one)
}
@inline(__always) private func limited(_ values: Four) -> Four {
  larger(Four(repeating: 0), smaller(Four(repeating: 255), values))
}

@inline(__always) private func magnitude(_ values: Four) -> Four {
  unsafeBitCast(unsafeBitCast(values, to: SIMD4<UInt32>.self) & 0x7FFF_FFFF, to: Four.self)
}

// A number added to this one is rounded to a whole number, for −2²² to 2²²; the lowest bits of the sum are the whole
// number's. Swift's conversions to integers check for overflow, one number at a time.
private let wholeNumbers = Float(0x1.8p23)

@inline(__always) private func floored(_ values: Four) -> Four {
  let nearest = (values + wholeNumbers) - wholeNumbers
  return nearest.replacing(with: nearest - 1, where: nearest .> values)
}

/// Changes three channels together, in blocks of pixels with a plane for each channel.
///
/// - Parameter change: computes new values, within 0…255 before they are cut off.
@inline(__always)
private func changeColors(
  _ pixels: UnsafeMutableBufferPointer<UInt8>, _ change: (Four, Four, Four) -> (Four, Four, Four)
) {
  let block = 128
  let count = pixels.count / 3
  withUnsafeTemporaryAllocation(of: Four.self, capacity: 3 * block / 4) { planes in
    planes.initialize(repeating: Four(repeating: 0))
    let planes = planes.baseAddress!
    let floats = UnsafeMutableRawPointer(planes).assumingMemoryBound(to: Float.self)
    var start = 0
    while start < count {
      let length = min(block, count &- start)
      let base = pixels.baseAddress! + 3 * start
      var input = base
      for index in 0..<length {
        floats[index] = Float(input[0])
        floats[index &+ 128] = Float(input[1])
        floats[index &+ 256] = Float(input[2])
        input += 3
      }
      for index in 0..<(length &+ 3) / 4 {
        let new = change(planes[index], planes[index &+ 32], planes[index &+ 64])
        planes[index] = floored(new.0) + wholeNumbers
        planes[index &+ 32] = floored(new.1) + wholeNumbers
        planes[index &+ 64] = floored(new.2) + wholeNumbers
      }
      var output = base
      for index in 0..<length {
        output[0] = UInt8(truncatingIfNeeded: floats[index].bitPattern)
        output[1] = UInt8(truncatingIfNeeded: floats[index &+ 128].bitPattern)
        output[2] = UInt8(truncatingIfNeeded: floats[index &+ 256].bitPattern)
        output += 3
      }
      start += length
    }
  }
}
