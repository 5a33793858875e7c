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
  /// What it works on, which limits its position in the list of steps.
  var place: StepPlace { get }
  /// Its effect on images, as the reason why activations are not cached: a word for a plan's JSON, and a clause.
  var effect: AugmentationEffect { get }
  /// The number of pixels that it adds on each side of an image: zero after the mean is subtracted.
  var border: Int { get }
  /// Whether it has no meaning for greyscale images.
  var needsColor: Bool { get }
  /// What it does to a network's input where it cannot be meant: `some crops would contain nothing of the image`.
  ///
  /// - Returns: `nil` if it suits the input.
  func misfit(_ input: Shape) -> String?

  /// The random numbers of the step, given those of an epoch.
  func stream(of epoch: RandomStream) -> RandomStream
  /// Changes one image.
  ///
  /// - Parameter draws: the only random numbers on which the result may depend.
  func change(_ image: AugmentedImage, _ draws: StepDraws)
  /// Mixes each image of a batch with the one before it, and the first with the last.
  ///
  /// - Parameters:
  ///   - images: `count` network inputs, each height × width × channels.
  ///   - draws: as above, at the position of the batch's first image.
  /// - Returns: the share of each image's own class in its target; the rest is the other image's.
  func mix(
    _ images: UnsafeMutableBufferPointer<Float>, count: Int, of input: Shape, _ draws: StepDraws
  ) -> Float
}

extension AugmentationStep {
  package var keyword: String { Self.keyword }
  package var border: Int { 0 }
  package var needsColor: Bool { false }

  package func misfit(_ input: Shape) -> String? { nil }

  package func stream(of epoch: RandomStream) -> RandomStream { epoch.stream(for: keyword) }

  package func change(_ image: AugmentedImage, _ draws: StepDraws) {}

  package func mix(
    _ images: UnsafeMutableBufferPointer<Float>, count: Int, of input: Shape, _ draws: StepDraws
  ) -> Float { 1 }
}

/// What a step works on.
package enum StepPlace: Int, Comparable, Sendable {
  /// The border around the image, the crop that is the network's input, and the crop's orientation. They only choose
  /// a view of the pixels, so neighbours in a list can change places.
  case border
  case crop
  case orientation
  /// The pixels.
  case pixels
  /// The pixels, from which it computes the network's input.
  case resampledCrop
  /// The network's input, after the mean is subtracted.
  case input
  /// The network's inputs of a batch, and their targets.
  case batch

  package static func < (one: StepPlace, other: StepPlace) -> Bool {
    one.rawValue < other.rawValue
  }

  /// Whether it only chooses a view of the pixels.
  package var isView: Bool { self <= .orientation }
  /// Whether it chooses the network's input.
  package var isCrop: Bool { self == .crop || self == .resampledCrop }
  /// The phase of assembling a batch: image by image, the network's input, the batch.
  package var phase: Int {
    switch self {
    case .border, .crop, .orientation, .pixels, .resampledCrop: 0
    case .input: 1
    case .batch: 2
    }
  }
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

/// The random numbers of one step for one image or one batch: a function of the stream and the position alone.
package struct StepDraws: Sendable {
  /// The step's own in this epoch.
  package var stream: RandomStream
  /// The position of the image, or of the batch's first image, in the epoch.
  package var position: UInt64

  package init(stream: RandomStream, position: UInt64) {
    self.stream = stream
    self.position = position
  }

  /// A whole number in `0..<bound`.
  package func integer(below bound: Int, _ lane: UInt64) -> Int {
    stream.integer(below: bound, at: position, lane: lane)
  }

  /// A number in 0..<1.
  package func uniform(_ lane: UInt64) -> Double { stream.uniform(at: position, lane: lane) }

  /// A number between two.
  package func uniform(_ low: Double, _ high: Double, _ lane: UInt64) -> Double {
    low + (high - low) * uniform(lane)
  }
}
