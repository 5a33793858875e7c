import Definitions
import Kernels

/// The activations between two layers, and their gradient: for each image `shape`, channels last.
///
/// Blobs that stay within one segment need not be kept for the whole batch: each worker has room for
/// the images that it computes together, which stay in its cache. Which of the two a blob is, is decided when
/// the net is set up.
package final class Blob {
  package enum Extent {
    case wholeBatch
    /// So many images for each worker.
    case block(images: Int)
  }

  /// One image's shape; stored as height × width × channels.
  package let shape: Shape
  /// Whether a backward pass needs values that are positive to stay exactly what they are (that others
  /// are replaced by zero does no harm): what scales values must not do it in place.
  var mustKeepValues = false
  private var values: Storage?
  private var gradient: Storage?

  package init(shape: Shape) { self.shape = shape }

  private struct Storage {
    let buffer: FloatBuffer
    let extent: Extent
  }

  /// Makes the memory. Without `gradient`, none is made for it.
  package func allocate(values: Extent, gradient: Extent?, images: Int, workers: Int) {
    func storage(_ extent: Extent) -> Storage {
      let rows =
        switch extent {
        case .wholeBatch: images
        case .block(let images): images * workers
        }
      return Storage(buffer: FloatBuffer(count: rows * shape.count), extent: extent)
    }
    self.values = storage(values)
    self.gradient = gradient.map(storage)
  }

  /// One image's values.
  package func values(_ place: Place) -> Floats {
    Blob.start(of: values, at: place, count: shape.count)
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
  package var batchValues: Floats { Blob.start(of: values) }

  /// All images' gradients, one after the other.
  package var batchGradient: Floats { Blob.start(of: gradient) }

  package var hasGradient: Bool { gradient != nil }

  private static func start(of storage: Storage?, at place: Place, count: Int) -> Floats {
    guard let storage else { preconditionFailure("the blob has no memory") }
    let index =
      switch storage.extent {
      case .wholeBatch: place.image
      case .block(let images): place.worker * images + place.slot
      }
    return storage.buffer.start + index * count
  }

  private static func start(of storage: Storage?) -> Floats {
    guard let storage, case .wholeBatch = storage.extent else {
      preconditionFailure("the blob has no memory for the batch")
    }
    return storage.buffer.start
  }
}
