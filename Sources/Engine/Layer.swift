import Basics
import Definitions
import Kernels

/// One operation of a net, connected to its blobs at setup.
///
/// In the forward pass, a layer reads its input blob and writes its output blob. In the backward pass, it turns the
/// gradient of the output into that of the input (if a layer below learns) and updates its parameters by the solver's
/// rule (if they learn). Some layers work in place: input and output are one blob.
///
/// Adding a layer: a file with a class that conforms to `OperationLayer` and to `ImageLayer`, `BlockLayer` or
/// `BatchLayer`, a test, and a line in `LayerRegistry`.
package protocol Layer: AnyObject {
  /// One, or one for each path that it joins.
  var inputs: [Blob] { get }
  var output: Blob { get }
  /// In the order of `NetworkDefinition.parameters()`.
  var parameters: [Parameter] { get }
  /// Whether the backward pass looks at the values of its inputs and of the output, which must be kept
  /// for it.
  var looksAtInput: Bool { get }
  var looksAtOutput: Bool { get }
  /// Divides work with the layer below, whose output nothing else reads, so that values are gone through less often, at
  /// equal bits.
  func fuse(with below: (any Layer)?)
}

/// A layer that computes images one by one, independently of each other.
///
/// Successive image-wise layers run image by image, so that activations stay in a core's cache.
package protocol ImageLayer: Layer {
  /// What must be done once before the images of a forward pass.
  func prepare(for pass: Pass, on pool: ThreadPool)
  /// output ← f(input), for one image.
  func forward(_ place: Place, in pass: Pass)
  /// input gradient ← the gradient, for one image.
  func backward(_ place: Place, in pass: Pass)
  /// Whether computing the output again for the backward pass, from an input that is kept anyway, takes less time than
  /// writing it to memory and reading it. Only asked of layers between a measuring one and the block layer above it.
  var computesAgain: Bool { get }
}

/// A layer that looks at all images before it computes them one by one, both ways. It measures an image while that is
/// still in cache: the input's as soon as the layers below have computed it, the gradient of the output as soon as those above
/// have.
package protocol MeasuringLayer: ImageLayer {
  /// Whether it has anything to measure; if not, it is image-wise.
  var measures: Bool { get }
  /// For all images before `prepare`.
  func measure(_ place: Place, in pass: Pass)
  /// For all images before `update`.
  func measureGradient(_ place: Place, in pass: Pass)
  /// Takes up what was measured of the gradients, and updates the parameters, before `backward`.
  func update(in pass: Pass, on pool: ThreadPool)
}

/// A layer that computes a few images together, independently of all others.
///
/// The image-wise layers that follow run on a block's images as soon as it has computed them.
package protocol BlockLayer: Layer {
  /// Images per block, except in the last one.
  var blockImages: Int { get }
  /// What must be done once before the blocks of a pass, forward and backward.
  func prepare(for pass: Pass, on pool: ThreadPool)
  func prepareBackward(in pass: Pass, on pool: ThreadPool)
  /// output ← f(input), for the images of a block.
  func forward(_ block: Block, in pass: Pass)
  /// The division of a batch for the backward pass.
  func schedule(images: Int) -> BlockSchedule
  /// The gradients of a block's images; contributions to parameter gradients are summed or kept.
  func backward(_ block: Block, in pass: Pass)
  /// Sums the contributions kept by the blocks of a round.
  func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool)
  /// Updates the parameters, once all images are done.
  func update(in pass: Pass, on pool: ThreadPool)
}

/// A layer that needs the whole batch at once.
package protocol BatchLayer: Layer {
  func forward(in pass: Pass, on pool: ThreadPool)
  /// Gradients, then the parameter update.
  func backward(in pass: Pass, on pool: ThreadPool)
}

extension Layer {
  package var parameters: [Parameter] { [] }
  package var looksAtInput: Bool { true }
  package var looksAtOutput: Bool { true }
  package func fuse(with below: (any Layer)?) {}
}

extension ImageLayer {
  package func prepare(for pass: Pass, on pool: ThreadPool) {}
  package var computesAgain: Bool { false }
}

/// One batch on its way through a net.
package struct Pass {
  package enum Mode {
    case training, evaluation
  }

  package var mode: Mode
  /// Images of the batch that are computed at once.
  package var images: Int
  /// The number of images of the batch that were computed before these.
  package var first: Int
  /// The training step, from 0; keys the random numbers.
  package var iteration: Int
  /// The solver's coefficients in this step.
  package var step: SolverStep
  /// The weight of the batch in the running statistics of batch norms; `nil` for that of their settings.
  package var statisticsShare: Double?

  package init(
    mode: Mode, images: Int, first: Int = 0, iteration: Int = 0,
    step: SolverStep = SolverStep()
  ) {
    self.mode = mode
    self.images = images
    self.first = first
    self.iteration = iteration
    self.step = step
  }
}

/// The image to compute, and the worker that computes it.
package struct Place {
  package var image: Int
  /// The worker that computes it, for scratch memory.
  package var worker: Int
  /// The image's position in its block.
  package var slot: Int

  package init(image: Int, worker: Int, slot: Int = 0) {
    self.image = image
    self.worker = worker
    self.slot = slot
  }
}

/// Memory for intermediate results, shared by all layers: a piece for each worker, for those of a task, and
/// one for what a layer's loops leave to each other: transformed weights, sums of gradients, what the tasks of a round keep.
/// It holds nothing from one layer to the next, nor from the way forward to the way back.
package final class Scratch {
  private let workers: Int
  package private(set) var count = 0
  private var sharedCount = 0
  private var buffer: FloatBuffer?
  private var sharedBuffer: FloatBuffer?

  package init(workers: Int) { self.workers = workers }

  /// Requests at least this number of floats per worker; to be called before `allocate`.
  package func reserve(_ floats: Int) { count = max(count, (floats + 15) / 16 * 16) }

  /// Requests at least this number of floats shared by all workers; to be called before `allocate`.
  package func reserveShared(_ floats: Int) { sharedCount = max(sharedCount, floats) }

  package func allocate() {
    buffer = FloatBuffer(count: count * workers)
    sharedBuffer = FloatBuffer(count: sharedCount)
  }

  /// The memory shared by all workers.
  package var shared: Floats {
    guard let sharedBuffer else { preconditionFailure("scratch memory is not allocated") }
    return sharedBuffer.start
  }

  package subscript(worker: Int) -> Floats {
    guard let buffer else { preconditionFailure("scratch memory is not allocated") }
    return buffer.start + worker * count
  }
}
