import Basics
import Definitions
import Engine
import Kernels

/// Networks and training runs that the tests of whole nets share.
enum SmallNetwork {
  /// Every kind of layer, with groups, strides and both poolings; 3 classes on 3×9×8 images.
  static let everything = NetworkDefinition(
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
          .convolution(Convolution(filters: 6, kernel: 3, padding: 1, groups: 2)),
          .tanh, .dropout(0.2), .averagePool(Pooling(kernel: 2, stride: 2)),
        ]),
      LayerDefinition(
        name: "fc3",
        operations: [
          .dense(Dense(units: .count(10))), .batchNorm(BatchNorm()), .relu, .dropout(0.5),
        ]),
      LayerDefinition(name: "fc4", operations: [.dense(Dense(units: .count(3)))]),
    ])

  static let solver = SolverDefinition(
    batch: 19, length: .iterations(3), rule: .momentum(0.9), decay: 0.01,
    rate: RateSchedule(start: 0.1))

  /// The same with products of bfloat16 numbers.
  static let bfloat16Solver: SolverDefinition = {
    var solver = SmallNetwork.solver
    solver.precision = .bfloat16
    return solver
  }()

  static func treatments(_ verbs: [LayerVerb], rate: Double = 1) -> [LayerTreatment] {
    zip(everything.layers, verbs).map {
      LayerTreatment(layer: $0.name, verb: $1, rate: $1.state == .learning ? rate : 1)
    }
  }

  static let allLearning = treatments([.initialize, .initialize, .initialize, .initialize])

  static func images(_ count: Int, seed: UInt64 = 1) -> [Float] {
    someValues(count * everything.input.count, seed: seed)
  }

  static func labels(_ count: Int) -> [Int32] { (0..<count).map { Int32($0 % 3) } }

  static func weights(seed: UInt64 = 5) throws -> Weights {
    try Weights.initial(for: everything, stream: RandomStream(seed: seed))
  }

  static func net(
    _ treatments: [LayerTreatment] = allLearning, threads: Int = 2,
    solver: SolverDefinition = solver, operations: Range<Int>? = nil,
    level: KernelLevel = .current, seed: UInt64 = 5
  ) throws -> Net {
    let net = try Net(
      everything, for: .training(treatments, solver, stream: RandomStream(seed: 9)),
      maximumBatch: 19, threads: threads, operations: operations, level: level)
    try net.load(weights(seed: seed))
    return net
  }

  /// Trains a few steps on batches of 19, with a remainder of 7.
  @discardableResult
  static func train(_ net: Net, steps: Range<Int>, of all: Int) -> [StepResult] {
    steps.map { step in
      let count = step == all - 1 ? 7 : 19
      return net.step(
        images: images(count, seed: UInt64(step + 1)), labels: labels(count), rate: 0.1,
        iteration: step)
    }
  }
}

extension Weights {
  /// Whether both have the same tensors with the same bits.
  func hasSameBits(as other: Weights) -> Bool {
    names == other.names
      && zip(tensors, other.tensors).allSatisfy {
        $0.shape == $1.shape && sameBits($0.values, $1.values)
      }
  }
}
