import Basics
import Definitions
import Kernels

/// The arguments of a layer's initialiser.
package struct LayerSetup {
  package var operation: Operation
  /// What the operation's input is, of the first path for one that joins paths.
  package var input: Blob
  /// Whether no other layer reads the input, or what comes out of `lastPath`, so that it may be overwritten.
  package var ownsInput: Bool
  /// Of two paths, the one that is computed last; of others the first.
  package var lastPath = 0
  /// What comes out of the paths that it joins.
  package var paths: [PathOutput]
  /// One image's shape after the operation.
  package var outputShape: Shape
  /// The operation's parameters in order.
  package var parameters: [Parameter]
  /// Whether the layer learns.
  package var isLearning: Bool
  /// The numbers that the solver wants products of.
  package var solverPrecision: Precision
  /// Whether batch norms normalise by the batch while training.
  package var normalizesByBatch: Bool
  /// Whether the gradient of the input is needed, because a layer below learns.
  package var propagates: Bool
  /// The maximum number of images in a batch.
  package var maximumBatch: Int
  package var scratch: Scratch
  /// The operation's own random numbers.
  package var stream: RandomStream
  /// The instruction set of convolutions and dense layers.
  package var level: KernelLevel

  package init(
    operation: Operation, input: Blob, ownsInput: Bool = true, paths: [PathOutput] = [],
    outputShape: Shape, parameters: [Parameter] = [], isLearning: Bool = true,
    precision: Precision = .single,
    normalizesByBatch: Bool? = nil, propagates: Bool = true,
    maximumBatch: Int, scratch: Scratch, stream: RandomStream,
    level: KernelLevel = .current
  ) {
    self.operation = operation
    self.input = input
    self.ownsInput = ownsInput
    self.paths = paths
    self.outputShape = outputShape
    self.parameters = parameters
    self.isLearning = isLearning
    solverPrecision = precision
    self.normalizesByBatch = normalizesByBatch ?? isLearning
    self.propagates = propagates
    self.maximumBatch = maximumBatch
    self.scratch = scratch
    self.stream = stream
    self.level = level
  }

  /// Whether the backward pass includes the layer.
  var hasBackward: Bool { propagates || parameters.contains(where: \.learns) }

  /// The numbers that the layer multiplies. Frozen layers below all that learn compute in single precision, as they do for
  /// the activations that are computed once and kept.
  var precision: Precision { hasBackward ? solverPrecision : .single }
}

/// What comes out of one of the paths that a layer joins.
package struct PathOutput {
  package var blob: Blob
  /// Whether its gradient is wanted.
  package var propagates: Bool

  package init(_ blob: Blob, propagates: Bool) {
    self.blob = blob
    self.propagates = propagates
  }
}
