import Basics
import Definitions
import Kernels

/// One operation of a net, wired to its blobs when it is set up.
///
/// A layer reads its input blob and writes its output blob going forward. Going backward it turns the
/// output's gradient into the input's (if something below learns) and moves its own parameters by the
/// solver's rule (if they learn). Some layers work in place: input and output are one blob.
///
/// Adding a layer: a file with a class that conforms to `ImageLayer` or `BatchLayer`, a test, and a line
/// in `makeLayer`.
package protocol Layer: AnyObject {
  var input: Blob { get }
  var output: Blob { get }
  /// In the order of `NetworkDefinition.parameters()`.
  var parameters: [Parameter] { get }
}

/// A layer whose images are computed one by one, independently of each other.
///
/// Successive image-wise layers are run image by image, so that activations stay in a core's cache.
package protocol ImageLayer: Layer {
  /// What must be done once before the images of a pass.
  func prepare(for pass: Pass, on pool: ThreadPool)
  /// output ← f(input), for one image.
  func forward(_ place: Place, in pass: Pass)
  /// Gradients of one image; those of parameters are added to the sums of the place's chunk.
  func backward(_ place: Place, in pass: Pass)
  /// Moves the parameters, once all images are done.
  func update(in pass: Pass, on pool: ThreadPool)
}

extension ImageLayer {
  package func prepare(for pass: Pass, on pool: ThreadPool) {}
  package func update(in pass: Pass, on pool: ThreadPool) {}
}

/// A layer that needs the whole batch at once.
package protocol BatchLayer: Layer {
  func forward(in pass: Pass, on pool: ThreadPool)
  /// Gradients, then the step of the parameters.
  func backward(in pass: Pass, on pool: ThreadPool)
}

extension Layer {
  package var parameters: [Parameter] { [] }
}

/// One batch on its way through a net.
package struct Pass {
  package enum Mode {
    case training, evaluation
  }

  package var mode: Mode
  /// Images in the batch.
  package var images: Int
  /// The training step, from 0; keys the random numbers.
  package var iteration: Int
  /// The solver's factors in this step.
  package var step: SolverStep

  package init(mode: Mode, images: Int, iteration: Int = 0, step: SolverStep = SolverStep()) {
    self.mode = mode
    self.images = images
    self.iteration = iteration
    self.step = step
  }

  /// How parameter gradients are summed: see `BatchChunks`.
  package var chunks: BatchChunks { BatchChunks(images: images) }
}

/// Which image is computed, and where.
package struct Place {
  package var image: Int
  /// The worker that computes it, for scratch memory.
  package var worker: Int
  /// The chunk whose gradient sums it adds to.
  package var chunk: Int
  package var isFirstOfChunk: Bool

  package init(image: Int, worker: Int, chunk: Int = 0, isFirstOfChunk: Bool = true) {
    self.image = image
    self.worker = worker
    self.chunk = chunk
    self.isFirstOfChunk = isFirstOfChunk
  }
}

/// The division of a batch into parts with private gradient sums, which are then added in order.
///
/// It depends on the number of images alone, so that the sums do not depend on the number of threads.
package struct BatchChunks {
  package static let most = 16

  package let images: Int
  package let count: Int

  package init(images: Int) {
    self.images = images
    count = min(images, BatchChunks.most)
  }

  package subscript(chunk: Int) -> Range<Int> {
    chunk * images / count..<(chunk + 1) * images / count
  }
}

/// Memory for the intermediate results of a task, one piece for each worker, shared by all layers.
package final class Scratch {
  private let workers: Int
  private var count = 0
  private var buffer: FloatBuffer?

  package init(workers: Int) { self.workers = workers }

  /// Asks for at least so many floats each worker; to be called before `allocate`.
  package func reserve(_ floats: Int) { count = max(count, (floats + 15) / 16 * 16) }

  package func allocate() { buffer = FloatBuffer(count: count * workers) }

  package subscript(worker: Int) -> Floats {
    guard let buffer else { preconditionFailure("scratch memory is not allocated") }
    return buffer.start + worker * count
  }
}
