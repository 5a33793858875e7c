// Changes of the levels of height × width × channels pixels, as torchvision's functions compute them for 8-bit
// tensors.

/// Keeps the highest bits of every value.
package func posterize(_ pixels: UnsafeMutableBufferPointer<UInt8>, bits: Int) {
  let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
  for index in pixels.indices { pixels[index] &= mask }
}

/// Inverts values from a threshold on.
package func solarize(_ pixels: UnsafeMutableBufferPointer<UInt8>, from threshold: Double) {
  let threshold = Float(threshold)
  replace(pixels) { Float($0) >= threshold ? 255 - $0 : $0 }
}

/// Stretches the values of each channel to 0…255.
package func stretchContrast(of pixels: UnsafeMutableBufferPointer<UInt8>, channels: Int) {
  changeLevels(of: pixels, channels: channels) { counts in
    guard let low = counts.firstIndex(where: { $0 > 0 }),
      let high = counts.lastIndex(where: { $0 > 0 }), low < high
    else { return nil }
    let scale = Float(high - low) * Float(1.0 / 255)
    return (0..<256).map { level(Float($0 - low) / scale) }
  }
}

/// Makes the values of each channel about equally frequent.
package func equalize(_ pixels: UnsafeMutableBufferPointer<UInt8>, channels: Int) {
  changeLevels(of: pixels, channels: channels) { counts in
    let total = counts.reduce(0, +)
    let last = counts.last { $0 > 0 } ?? total
    let step = (total - last) / 255
    guard step > 0 else { return nil }
    var sum = 0
    return counts.map { count in
      defer { sum += count }
      return UInt8(min(255, (sum + step / 2) / step))
    }
  }
}

/// Moves every value away from the mean of its neighbourhood, or towards it; values at the edges stay.
///
/// - Parameter factor: 1 changes nothing, less blurs.
package func sharpen(
  _ source: UnsafeBufferPointer<UInt8>, height: Int, width: Int, channels: Int,
  by factor: Double, to target: UnsafeMutableBufferPointer<UInt8>
) {
  _ = target.update(from: source)
  guard height > 2, width > 2 else { return }
  let rest = Float(1 - factor)
  let wholeNumbers = Float(0x1.8p23)
  let length = width * channels
  for row in 1..<height - 1 {
    let own = source.baseAddress! + row * length
    let output = target.baseAddress! + row * length
    for index in channels..<length - channels {
      let (left, right) = (index &- channels, index &+ channels)
      let top =
        Int32(own[left &- length]) &+ Int32(own[index &- length]) &+ Int32(own[right &- length])
      let bottom =
        Int32(own[left &+ length]) &+ Int32(own[index &+ length]) &+ Int32(own[right &+ length])
      let center = Int32(own[index])
      let sum = top &+ bottom &+ Int32(own[left]) &+ Int32(own[right]) &+ 5 &* center
      // (sum + 6) / 13, exact for sums up to 3315.
      let blurred = ((sum &+ 6) &* 5042) >> 16
      let sharp = Float(center) + rest * Float(blurred &- center)
      let limited = max(0, min(255, sharp))
      let nearest = (limited + wholeNumbers) - wholeNumbers
      let floor = nearest > limited ? nearest - 1 : nearest
      output[index] = UInt8(truncatingIfNeeded: (floor + wholeNumbers).bitPattern)
    }
  }
}

/// Replaces the values of each channel by a table that depends on how frequent they are.
///
/// - Parameter table: given the 256 frequencies, 256 new values, or `nil` to keep the channel.
private func changeLevels(
  of pixels: UnsafeMutableBufferPointer<UInt8>, channels: Int, _ table: ([Int]) -> [UInt8]?
) {
  for channel in 0..<channels {
    var counts = [Int](repeating: 0, count: 256)
    counts.withUnsafeMutableBufferPointer { counts in
      var index = channel
      while index < pixels.count {
        counts[Int(pixels[index])] &+= 1
        index &+= channels
      }
    }
    guard let table = table(counts) else { continue }
    table.withUnsafeBufferPointer { table in
      var index = channel
      while index < pixels.count {
        pixels[index] = table[Int(pixels[index])]
        index &+= channels
      }
    }
  }
}
