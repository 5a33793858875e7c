import Basics

/// How the pixels of an image file are to be turned, by its EXIF orientation (CIPA DC-008, 4.6.4): the first stored row
/// and the first stored column are at these sides of the upright image.
enum ExifOrientation: Int, Sendable {
  case upright = 1
  case mirrored
  case turnedAround
  case upsideDown
  /// Rows become columns.
  case transposed
  /// A quarter turn clockwise makes it upright.
  case needsRightTurn
  case transposedAlongOther
  case needsLeftTurn

  /// Whether height and width change places.
  var swapsSides: Bool { rawValue >= 5 }
}

extension DecodedImage {
  /// The upright image of pixels that are stored in an orientation.
  ///
  /// - Parameter stop: checked for each row.
  func upright(
    from orientation: ExifOrientation, unless stop: StopCheck = .never
  ) throws(Interrupted) -> DecodedImage {
    guard orientation != .upright else { return self }
    let (newHeight, newWidth) = orientation.swapsSides ? (width, height) : (height, width)
    let right = width - 1
    let below = (height - 1) * width
    // In stored pixels: where the upright image begins, and the steps to the pixel below and to the right.
    let (start, down, across) =
      switch orientation {
      case .upright: (0, width, 1)
      case .mirrored: (right, width, -1)
      case .turnedAround: (below + right, -width, -1)
      case .upsideDown: (below, -width, 1)
      case .transposed: (0, 1, width)
      case .needsRightTurn: (below, 1, -width)
      case .transposedAlongOther: (below + right, -1, -width)
      case .needsLeftTurn: (right, -1, width)
      }
    let channels = channels
    var isStopped = false
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { buffer, initialized in
      pixels.withUnsafeBufferPointer { stored in
        var target = 0
        for row in 0..<newHeight {
          isStopped = stop.isRequested
          guard !isStopped else {
            initialized = target
            return
          }
          var source = (start + row * down) * channels
          for _ in 0..<newWidth {
            for channel in 0..<channels {
              buffer.initializeElement(at: target, to: stored[source + channel])
              target += 1
            }
            source += across * channels
          }
        }
      }
      if !isStopped { initialized = pixels.count }
    }
    if isStopped { throw Interrupted() }
    return DecodedImage(height: newHeight, width: newWidth, channels: channels, pixels: turned)
  }
}
