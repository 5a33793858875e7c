import Basics
import Definitions
import Engine
import Kernels
import SystemPackage
import Testing

/// The engine compared with PyTorch: Fixtures/pytorch_twin.py trained the same network in float64 and wrote the
/// results.
@Suite struct PyTorchTwinTests {
  static let network = NetworkDefinition(
    input: Shape(channels: 3, height: 9, width: 8),
    layers: [
      LayerDefinition(
        name: "conv1",
        operations: [
          .convolution(Convolution(filters: 8, kernel: 3, padding: 1)), .batchNorm(BatchNorm()),
          .relu, .maxPool(Pooling(kernel: 3, stride: 2)), .lrn(LocalResponseNorm(alpha: 0.1)),
        ]),
      LayerDefinition(
        name: "conv2",
        operations: [
          .convolution(Convolution(filters: 6, kernel: 3, stride: 2, padding: 2, groups: 2)),
          .tanh, .averagePool(Pooling(kernel: 2, stride: 2)),
        ]),
      LayerDefinition(
        name: "fc3",
        operations: [.dense(Dense(units: .count(10))), .batchNorm(BatchNorm()), .relu]),
      LayerDefinition(name: "fc4", operations: [.dense(Dense(units: .count(3)))]),
    ])

  private let labels: [Int32] = [0, 1, 2, 0, 1, 2, 0]
  private let fixture: Weights

  init() throws {
    let folder = FilePath(#filePath).removingLastComponent()
    fixture = try Weights(contentsOf: folder.appending("Fixtures/pytorch_twin.safetensors"))
  }

  /// The fixture's tensors at one moment, without the prefix.
  private func weights(_ prefix: String) -> Weights {
    Weights(
      fixture.tensors.filter { $0.name.hasPrefix(prefix) }.map {
        Tensor(
          name: String($0.name.dropFirst(prefix.count)), shape: $0.shape, values: $0.values)
      })
  }

  /// The fixture's images with their channels last.
  private var images: [Float] {
    let channelsFirst = fixture["images"]?.values ?? []
    let places = 9 * 8
    return channelsFirst.indices.map { index in
      let (image, rest) = index.quotientAndRemainder(dividingBy: 3 * places)
      let (place, channel) = rest.quotientAndRemainder(dividingBy: 3)
      return channelsFirst[image * 3 * places + channel * places + place]
    }
  }

  private func net(momentum: Double, decay: Double, level: KernelLevel) throws -> Net {
    let solver = SolverDefinition(
      batch: 7, length: .iterations(3), rule: .momentum(momentum), decay: decay,
      rate: RateSchedule(start: 0.1))
    let treatments = PyTorchTwinTests.network.layers.map {
      LayerTreatment(layer: $0.name, verb: .initialize)
    }
    let net = try Net(
      PyTorchTwinTests.network,
      for: .training(treatments, solver, stream: RandomStream(seed: 0)), maximumBatch: 8,
      threads: 2, level: level)
    try net.load(weights("before."))
    return net
  }

  private func expectClose(
    _ found: Weights, _ expected: Weights, tolerance: Double,
    factor: (String) -> Double = { _ in 1 }
  ) {
    for tensor in found.tensors {
      let values = expected[tensor.name]?.values.map { Double($0) * factor(tensor.name) } ?? []
      let error = relativeError(tensor.values, values)
      #expect(error < tolerance, "\(tensor.name)")
    }
  }

  /// Gradients, derived from the momentum: rate times gradient, with biases learning at twice the rate. Biases below
  /// a batch norm have none; their values are rounding errors.
  @Test(arguments: KernelLevel.supported) func gradientsAgree(level: KernelLevel) throws {
    let net = try net(momentum: 0, decay: 0, level: level)
    let result = net.step(images: images, labels: labels, rate: 1, iteration: 0)
    let losses = fixture["losses"]?.values ?? []
    #expect((result.loss - Double(losses[0])).magnitude < 1e-6)
    let found = Weights(
      net.state("momentum").tensors.filter { !["conv1.bias", "fc3.bias"].contains($0.name) })
    expectClose(found, weights("gradient."), tolerance: 2e-5) {
      ["conv2.bias", "fc4.bias"].contains($0) ? 2 : 1
    }
    for name in ["conv1.bias", "fc3.bias"] {
      #expect(net.state("momentum")[name]?.values.allSatisfy { $0.magnitude < 1e-6 } == true)
    }
  }

  @Test(arguments: KernelLevel.supported) func threeStepsAgree(level: KernelLevel) throws {
    let net = try net(momentum: 0.9, decay: 0.01, level: level)
    for (iteration, loss) in (fixture["losses"]?.values ?? []).enumerated() {
      let result = net.step(images: images, labels: labels, rate: 0.1, iteration: iteration)
      #expect((result.loss - Double(loss)).magnitude < 1e-5)
    }
    expectClose(net.weights(), weights("after."), tolerance: 1e-4)
    let logits = (fixture["logits"]?.values ?? []).map { Double($0) }
    #expect(relativeError(net.outputs(of: images), logits) < 1e-4)
  }
}
