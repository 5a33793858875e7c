import Basics
import Definitions
import Kernels

/// What a layer is made from.
package struct LayerSetup {
  package var operation: Operation
  /// What the operation's input is.
  package var input: Blob
  /// One image's shape after the operation.
  package var outputShape: Shape
  /// The operation's parameters in order.
  package var parameters: [Parameter]
  /// Whether the layer's state is learning.
  package var isLearning: Bool
  /// Whether the gradient of the input is wanted: something below learns.
  package var propagates: Bool
  /// The most images of a batch.
  package var maximumBatch: Int
  package var scratch: Scratch
  /// The operation's own random numbers.
  package var stream: RandomStream
  /// The instructions that convolutions and dense layers use.
  package var level: KernelLevel

  package init(
    operation: Operation, input: Blob, outputShape: Shape,
    parameters: [Parameter] = [], isLearning: Bool = true, propagates: Bool = true,
    maximumBatch: Int, scratch: Scratch, stream: RandomStream,
    level: KernelLevel = .current
  ) {
    self.operation = operation
    self.input = input
    self.outputShape = outputShape
    self.parameters = parameters
    self.isLearning = isLearning
    self.propagates = propagates
    self.maximumBatch = maximumBatch
    self.scratch = scratch
    self.stream = stream
    self.level = level
  }

  /// Whether a backward pass reaches the layer.
  var hasBackward: Bool { propagates || parameters.contains(where: \.learns) }
}
