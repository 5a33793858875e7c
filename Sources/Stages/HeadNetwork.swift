import Definitions
import Engine
import Planning

/// A network without its frozen first operations, which receives their activations instead of images. Its weights are
/// those of the whole network.
final class HeadNetwork: TrainableNetwork {
  private let net: any TrainableNetwork
  /// The parameters of the omitted operations, in order.
  private let definitions: [ParameterDefinition]
  private var frozen = Weights()

  /// - Parameter prefix: the omitted operations.
  /// - Throws: as `Device.makeNetwork`.
  init(
    _ work: TrainWork, after prefix: FrozenPrefix, on device: any Device, maximumBatch: Int,
    threads: Int
  ) throws {
    net = try device.makeNetwork(
      work.network, for: work.netPurpose, maximumBatch: maximumBatch, threads: threads,
      operations: prefix.operations..<work.network.operationCount)
    definitions = try work.network.parameters(of: 0..<prefix.operations)
  }

  var threads: Int { net.threads }

  func load(_ weights: Weights) throws {
    frozen = Weights(
      try definitions.map {
        Tensor(name: $0.name, shape: $0.shape, values: try weights.values(for: $0))
      })
    try net.load(weights)
  }

  func holdSource() { net.holdSource() }
  func weights() -> Weights { Weights(frozen.tensors + net.weights().tensors) }
  var stateBuffers: [String] { net.stateBuffers }
  func state(_ buffer: String) -> Weights { net.state(buffer) }
  func load(_ values: Weights, asState buffer: String) throws {
    try net.load(values, asState: buffer)
  }

  func step(
    images: [Float], targets: BatchTargets, rate: Double, iteration: Int
  ) -> StepResult {
    net.step(images: images, targets: targets, rate: rate, iteration: iteration)
  }

  func measureStatistics(images: [Float], batch: Int, iteration: Int) {
    net.measureStatistics(images: images, batch: batch, iteration: iteration)
  }

  func outputs(of images: [Float]) -> [Float] { net.outputs(of: images) }

  func activations(of images: [Float]) -> [[Float]] { net.activations(of: images) }

  func evaluate(images: [Float], labels: [Int32]) -> BatchEvaluation {
    net.evaluate(images: images, labels: labels)
  }
}
