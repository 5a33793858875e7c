import Basics
import Definitions
import Glibc

/// How fast a network trains and infers here.
package struct EngineBenchmark: Sendable {
  /// Time of one operation for a batch, in milliseconds; the whole net run layer after layer.
  package struct LayerTime: Hashable, Sendable {
    package var layer: String
    package var operation: String
    /// Forward in training.
    package var forward: Double
    /// Gradients and the step of the parameters; 0 where no backward pass goes.
    package var backward: Double
    package var inference: Double
  }

  package var batch: Int
  package var threads: Int
  /// Milliseconds of the fastest step, and of the fastest inference, of a batch.
  package var trainingStep: Double
  package var inference: Double
  package var layers: [LayerTime]

  package var trainingImagesPerSecond: Double { Double(batch) / trainingStep * 1000 }
  package var inferenceImagesPerSecond: Double { Double(batch) / inference * 1000 }
}

extension EngineBenchmark {
  /// Measures a network with random weights and images.
  ///
  /// - Parameters:
  ///   - network: `dense: classes` resolved; its last shape must be a vector.
  ///   - layers: by default, every layer learns.
  ///   - repetitions: measured steps; the fastest counts. One more, before, warms up.
  /// - Throws: `DiagnosticError` where the network does not fit together.
  package static func measure(
    _ network: NetworkDefinition, layers: [LayerTreatment]? = nil, batch: Int, threads: Int,
    repetitions: Int = 5
  ) throws -> EngineBenchmark {
    let stream = RandomStream(seed: 1)
    let treatments =
      layers ?? network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }
    let solver = SolverDefinition(
      batch: batch, length: .iterations(1), momentum: 0.9, decay: 0.0005,
      rate: RateSchedule(start: 1e-5))
    let weights = try Weights.initial(for: network, stream: stream, threads: threads)
    let images = (0..<batch * network.input.count).map {
      Float($0 &* 2_654_435_761 % 2001 - 1000) / 1000
    }
    func net(_ purpose: Net.Purpose, separate: Bool) throws -> Net {
      let net = try Net(
        network, for: purpose, maximumBatch: batch, threads: threads, separatesLayers: separate)
      try net.load(weights)
      if separate { net.clock = SegmentClock(segments: net.plan.segments.count) }
      return net
    }
    func trained(separate: Bool) throws -> (seconds: Double, net: Net) {
      let net = try net(.training(treatments, solver, stream: stream), separate: separate)
      let classes = net.outputShape.count
      let labels = (0..<batch).map { Int32($0 % classes) }
      let seconds = fastest(repetitions, net) {
        _ = net.step(images: images, labels: labels, rate: 1e-5, iteration: $0)
      }
      return (seconds, net)
    }
    func inferred(separate: Bool) throws -> (seconds: Double, net: Net) {
      let net = try net(.inference, separate: separate)
      return (fastest(repetitions, net) { _ in _ = net.outputs(of: images) }, net)
    }
    // One net at a time: memory for two would not be there for large networks.
    let trainingStep = try trained(separate: false).seconds
    let inference = try inferred(separate: false).seconds
    let training = try layerTimes(trained(separate: true).net)
    let inferenceTimes = try layerTimes(inferred(separate: true).net)
    return EngineBenchmark(
      batch: batch, threads: threads, trainingStep: trainingStep * 1000,
      inference: inference * 1000,
      layers: zip(training, inferenceTimes).map { training, inference in
        LayerTime(
          layer: training.layer, operation: training.operation, forward: training.forward,
          backward: training.backward, inference: inference.forward)
      })
  }

  /// Runs `body` once to warm up and then measures it; the net's clock, if it has one, is left with
  /// each segment's fastest run.
  private static func fastest(_ repetitions: Int, _ net: Net, _ body: (Int) -> Void) -> Double {
    body(0)
    var best = Double.infinity
    var clock: SegmentClock?
    for repetition in 1...max(repetitions, 1) {
      net.clock = net.clock.map { _ in SegmentClock(segments: net.plan.segments.count) }
      let start = SegmentClock.seconds
      body(repetition)
      best = min(best, SegmentClock.seconds - start)
      clock = net.clock.map { measured in clock.map { $0.fastest(measured) } ?? measured }
    }
    net.clock = clock
    return best
  }

  private static func layerTimes(_ net: Net) -> [LayerTime] {
    net.plan.segments.enumerated().map { index, segment in
      LayerTime(
        layer: segment.layers[0].name, operation: segment.layers[0].operation.keyword,
        forward: (net.clock?.forward[index] ?? 0) * 1000,
        backward: (net.clock?.backward[index] ?? 0) * 1000, inference: 0)
    }
  }
}

/// Seconds spent in each segment of a net.
struct SegmentClock {
  private(set) var forward: [Double]
  private(set) var backward: [Double]

  init(segments: Int) {
    forward = Array(repeating: 0, count: segments)
    backward = forward
  }

  /// Each segment's shorter time.
  func fastest(_ other: SegmentClock) -> SegmentClock {
    var result = self
    for index in forward.indices {
      result.forward[index] = min(forward[index], other.forward[index])
      result.backward[index] = min(backward[index], other.backward[index])
    }
    return result
  }

  var now: Double { SegmentClock.seconds }

  mutating func addForward(_ segment: Int, since start: Double) {
    forward[segment] += SegmentClock.seconds - start
  }

  mutating func addBackward(_ segment: Int, since start: Double) {
    backward[segment] += SegmentClock.seconds - start
  }

  /// Seconds of a clock that nobody sets.
  static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
