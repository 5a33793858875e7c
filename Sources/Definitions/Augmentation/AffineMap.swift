import Glibc

/// Where each pixel of a new image comes from: coordinates relative to the centre of the image.
package struct AffineMap: Hashable, Sendable {
  /// Source x = a · x + b · y + c, source y = d · x + e · y + f.
  var a, b, c, d, e, f: Double

  /// The inverse of a rotation and shear about a centre, then a translation: torchvision's matrix.
  ///
  /// - Parameters:
  ///   - angle, shear: in radians.
  ///   - center: relative to that of the image.
  private init(
    angle: Double = 0, shear: (x: Double, y: Double) = (0, 0),
    translation: (x: Double, y: Double) = (0, 0), center: (x: Double, y: Double) = (0, 0)
  ) {
    // The map itself, without its centre: [m00 m01; m10 m11], of determinant one.
    let m00 = cos(angle - shear.y) / cos(shear.y)
    let m01 = -(m00 * tan(shear.x) + sin(angle))
    let m10 = sin(angle - shear.y) / cos(shear.y)
    let m11 = cos(angle) - m10 * tan(shear.x)
    (a, b, d, e) = (m11, -m01, -m10, m00)
    let moved = (x: center.x + translation.x, y: center.y + translation.y)
    c = center.x - a * moved.x - b * moved.y
    f = center.y - d * moved.x - e * moved.y
  }

  /// Counterclockwise, about the centre.
  package static func rotation(degrees: Double) -> AffineMap {
    AffineMap(angle: -degrees * .pi / 180)
  }

  /// By whole pixels, to the right and down.
  package static func translation(across: Int, down: Int) -> AffineMap {
    AffineMap(translation: (Double(across), Double(down)))
  }

  /// About the upper left corner; the tangents of the angles.
  package static func shear(
    across: Double, down: Double, height: Int, width: Int
  ) -> AffineMap {
    AffineMap(
      shear: (atan(across), atan(down)), center: (-Double(width) / 2, -Double(height) / 2))
  }

  /// Writes the nearest pixel for each place, and black for places outside the image.
  package func apply(
    _ source: UnsafeBufferPointer<UInt8>, height: Int, width: Int, channels: Int,
    to target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let center = (x: Double(width - 1) / 2, y: Double(height - 1) / 2)
    // Adding it rounds to whole numbers, ties to even, whatever the vector instructions.
    let rounding = Float(0x1.8p23)
    let shift = Int32(bitPattern: rounding.bitPattern)
    let (stepX, stepY) = (Float(a), Float(d))
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * width) { places in
      let across = places.baseAddress!
      let down = across + width
      var output = target.baseAddress!
      for row in 0..<height {
        let y = Double(row) - center.y
        let startX = Float(b * y + c + center.x - a * center.x)
        let startY = Float(e * y + f + center.y - d * center.x)
        for column in 0..<width {
          let x = Float(Int32(truncatingIfNeeded: column))
          across[column] = Int32(bitPattern: (startX + stepX * x + rounding).bitPattern) &- shift
          down[column] = Int32(bitPattern: (startY + stepY * x + rounding).bitPattern) &- shift
        }
        for column in 0..<width {
          let (x, y) = (Int(across[column]), Int(down[column]))
          if x >= 0, x < width, y >= 0, y < height {
            let input = source.baseAddress! + (y &* width &+ x) &* channels
            for channel in 0..<channels { output[channel] = input[channel] }
          } else {
            for channel in 0..<channels { output[channel] = 0 }
          }
          output += channels
        }
      }
    }
  }
}

extension AugmentedImage {
  /// Moves the pixels.
  package func apply(_ map: AffineMap) {
    rewrite { source, target in
      map.apply(source, height: height, width: width, channels: channels, to: target)
    }
  }
}
