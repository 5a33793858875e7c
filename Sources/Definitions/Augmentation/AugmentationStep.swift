import Basics

/// One augmentation step, beyond subtracting the mean and scaling; code that uses steps only depends on this
/// protocol.
///
/// Adding a step: a file here, and a line where the language reads `augment`.
package protocol AugmentationStep: Hashable, Sendable {
  /// The key in a pipeline file and in the settings of a stage.
  static var keyword: String { get }
  /// The value of the key in the settings.
  var setting: Value { get }
  var traits: Traits { get }
  /// Its position in the order of steps.
  var place: ViewPlace { get }
  /// Its effect on images, as the reason why activations are not cached: a word for a plan's JSON, and a clause.
  var effect: AugmentationEffect { get }
  /// The number of pixels that it adds on each side of an image: zero after the mean is subtracted.
  var border: Int { get }

  /// Changes a stored image: height × width × channels.
  ///
  /// - Parameters:
  ///   - position: the image's position in its epoch.
  ///   - stream: the epoch's random numbers. What is drawn depends on the two alone. Lanes 0 to 2 of the stream
  ///     itself are the crop's and the mirror's: any other step draws from `stream.stream(for: keyword)`.
  func change(
    _ pixels: UnsafeMutableBufferPointer<UInt8>, of shape: Shape, at position: UInt64,
    stream: RandomStream)
  /// Changes the view of the image; parameters as above.
  func change(_ view: inout ImageView, at position: UInt64, stream: RandomStream)
}

extension AugmentationStep {
  package var keyword: String { Self.keyword }
  package var border: Int { 0 }

  package func change(
    _ pixels: UnsafeMutableBufferPointer<UInt8>, of shape: Shape, at position: UInt64,
    stream: RandomStream
  ) {}

  package func change(_ view: inout ImageView, at position: UInt64, stream: RandomStream) {}
}

/// The positions of augmentation steps, in order.
package enum ViewPlace: Int, Comparable, Sendable {
  /// On the stored image.
  case pixels
  /// Around the image.
  case border
  /// The crop that is the network's input.
  case crop
  /// The orientation of the crop.
  case orientation

  package static func < (one: ViewPlace, other: ViewPlace) -> Bool { one.rawValue < other.rawValue }
}

/// The effect of a step on images, in words.
package struct AugmentationEffect: Hashable, Sendable {
  /// `mirroring`
  package var name: String
  /// `images are mirrored`
  package var clause: String

  package init(name: String, clause: String) {
    self.name = name
    self.clause = clause
  }
}

/// The view of one image.
package struct ImageView: Hashable, Sendable {
  /// The range of the crop's upper left corner, relative to that of the image with its border.
  package let freedom: Freedom
  /// The position of the corner.
  package var top: Int
  package var left: Int
  /// Left to right.
  package var isMirrored = false

  package struct Freedom: Hashable, Sendable {
    package var vertical: Int
    package var horizontal: Int

    package init(vertical: Int, horizontal: Int) {
      self.vertical = vertical
      self.horizontal = horizontal
    }
  }

  /// The centre crop of the image.
  package init(centeredIn freedom: Freedom) {
    self.freedom = freedom
    top = freedom.vertical / 2
    left = freedom.horizontal / 2
  }
}
