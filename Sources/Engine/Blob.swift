import Definitions
import Kernels

/// The activations between two layers, and their gradient: `shape` for each image, channels last.
///
/// Blobs used by only one segment need not be kept for the whole batch: each worker has room for the images that it
/// computes together, which stay in its cache. Which of the two a blob is, is decided when the net is set up.
///
/// Where several layers read the same activations, each but the last has a *branch*: the same values, and a gradient of
/// its own, which is added to the activations' as soon as it is there.
package final class Blob {
  package enum Extent {
    case wholeBatch
    /// Room for this number of images per worker.
    case block(images: Int)
  }

  /// One image's shape; stored as height × width × channels.
  package let shape: Shape
  /// Whether a backward pass needs positive values unchanged (others may be replaced by zero), so that layers must
  /// not scale values in place.
  var mustKeepValues = false
  /// Whether it needs to know which values are positive.
  var mustKeepSigns = false
  /// Whose values these are; `nil` for its own.
  let origin: Blob?
  /// The blob whose gradient this one's begins as, with which it has one memory: what is added to this one's is added when
  /// nothing reads the other's any more.
  private var sharer: Blob?
  private var values: Storage?
  private var gradient: Storage?

  package init(shape: Shape) {
    self.shape = shape
    origin = nil
  }

  /// A branch.
  package init(of origin: Blob) {
    shape = origin.shape
    self.origin = origin
  }

  /// Has this blob's gradient begin as that of another, a sum of this blob's values and others.
  func shareGradient(of sum: Blob) { sharer = sum }

  /// The blob whose memory the gradient has: itself, if it shares none.
  var gradientOwner: Blob { sharer?.gradientOwner ?? self }

  private struct Storage {
    /// What keeps the memory.
    let buffer: FloatBuffer
    let start: Floats
    let extent: Extent
  }

  /// Floats for an extent.
  func count(_ extent: Extent, images: Int, workers: Int) -> Int {
    switch extent {
    case .wholeBatch: images * shape.count
    case .block(let images): images * workers * shape.count
    }
  }

  /// Makes memory of its own. Without `values` or `gradient`, none is made for them.
  package func allocate(values: Extent?, gradient: Extent?, images: Int, workers: Int) {
    func buffer(_ extent: Extent) -> FloatBuffer {
      FloatBuffer(count: count(extent, images: images, workers: workers))
    }
    if let values { useForValues(buffer(values), at: 0, values) }
    if let gradient { useForGradient(buffer(gradient), at: 0, gradient) }
  }

  /// Takes up memory for the values, from an offset in a buffer on.
  func useForValues(_ buffer: FloatBuffer, at offset: Int, _ extent: Extent) {
    values = Storage(buffer: buffer, start: buffer.start + offset, extent: extent)
  }

  /// The same for the gradient.
  func useForGradient(_ buffer: FloatBuffer, at offset: Int, _ extent: Extent) {
    gradient = Storage(buffer: buffer, start: buffer.start + offset, extent: extent)
  }

  /// The memory of the gradient's owner, once that has it.
  func takeSharedGradient() { if sharer != nil { gradient = gradientOwner.gradient } }

  /// One image's values.
  package func values(_ place: Place) -> Floats {
    Blob.start(of: (origin ?? self).values, at: place, count: shape.count)
  }

  /// One image's gradient.
  package func gradient(_ place: Place) -> Floats {
    Blob.start(of: gradient, at: place, count: shape.count)
  }

  /// The values of a block's images, one after the other.
  package func values(_ block: Block) -> Floats {
    values(Place(image: block.images.lowerBound, worker: block.worker))
  }

  /// The gradients of a block's images, one after the other.
  package func gradient(_ block: Block) -> Floats {
    gradient(Place(image: block.images.lowerBound, worker: block.worker))
  }

  /// All images' values, one after the other.
  package var batchValues: Floats { Blob.start(of: (origin ?? self).values) }

  /// All images' gradients, one after the other.
  package var batchGradient: Floats { Blob.start(of: gradient) }

  package var hasGradient: Bool { gradient != nil }

  /// Whether the values of the whole batch are kept.
  var keepsValues: Bool {
    guard case .wholeBatch = (origin ?? self).values?.extent else { return false }
    return true
  }

  private static func start(of storage: Storage?, at place: Place, count: Int) -> Floats {
    guard let storage else { preconditionFailure("the blob has no memory") }
    let index =
      switch storage.extent {
      case .wholeBatch: place.image
      case .block(let images): place.worker * images + place.slot
      }
    return storage.start + index * count
  }

  private static func start(of storage: Storage?) -> Floats {
    guard let storage, case .wholeBatch = storage.extent else {
      preconditionFailure("the blob has no memory for the batch")
    }
    return storage.start
  }
}
