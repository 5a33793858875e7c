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

  /// Times of the same work done again and again, in milliseconds.
  package struct Times: Hashable, Sendable {
    /// At least one, ascending.
    package let sorted: [Double]

    init(_ times: [Double]) { sorted = times.sorted() }

    package var fastest: Double { sorted[0] }
    /// Of an even number, the mean of the two in the middle.
    package var median: Double { (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2 }
  }

  package var batch: Int
  package var threads: Int
  /// A step of training, and the scores of a batch.
  package var training: Times
  package var inference: Times
  /// The most bytes that the process held by the end of training: program, weights, momentum, activations,
  /// and the batch.
  package var peakMemory: Int
  /// Empty unless asked for.
  package var layers: [LayerTime]
}

extension EngineBenchmark {
  /// Measures a network with random weights and images.
  ///
  /// - Parameters:
  ///   - network: `dense: classes` resolved; its last shape must be a vector.
  ///   - layers: by default, every layer learns.
  ///   - repetitions: measured steps, at least one. One more, before, warms up.
  ///   - timesLayers: also runs both nets layer after layer over the whole batch, each layer's fastest
  ///     run counting. That takes longer than the same layers do together.
  /// - Throws: `DiagnosticError` where the network does not fit together.
  package static func measure(
    _ network: NetworkDefinition, layers: [LayerTreatment]? = nil, batch: Int, threads: Int,
    repetitions: Int = 5, timesLayers: Bool = true
  ) throws -> EngineBenchmark {
    let stream = RandomStream(seed: 1)
    let treatments =
      layers ?? network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }
    let solver = SolverDefinition(
      batch: batch, length: .iterations(1), momentum: 0.9, decay: 0.0005,
      rate: RateSchedule(start: 1e-5))
    let images = (0..<batch * network.input.count).map {
      Float($0 &* 2_654_435_761 % 2001 - 1000) / 1000
    }
    func net(_ purpose: Net.Purpose, separate: Bool) throws -> Net {
      let net = try Net(
        network, for: purpose, maximumBatch: batch, threads: threads, separatesLayers: separate)
      try net.load(Weights.initial(for: network, stream: stream, threads: threads))
      if separate { net.clock = SegmentClock(segments: net.plan.segments.count) }
      return net
    }
    func trained(separate: Bool) throws -> (times: Times, net: Net) {
      let net = try net(.training(treatments, solver, stream: stream), separate: separate)
      let classes = net.outputShape.count
      let labels = (0..<batch).map { Int32($0 % classes) }
      let times = times(repetitions, net) {
        _ = net.step(images: images, labels: labels, rate: 1e-5, iteration: $0)
      }
      return (times, net)
    }
    func inferred(separate: Bool) throws -> (times: Times, net: Net) {
      let net = try net(.inference, separate: separate)
      return (times(repetitions, net) { _ in _ = net.outputs(of: images) }, net)
    }
    // One net at a time: memory for two would not be there for large networks.
    let training = try trained(separate: false).times
    let peakMemory = peakMemory()
    let inference = try inferred(separate: false).times
    var layerTimes: [LayerTime] = []
    if timesLayers {
      layerTimes = zip(
        self.layerTimes(try trained(separate: true).net),
        self.layerTimes(try inferred(separate: true).net)
      ).map { training, inference in
        LayerTime(
          layer: training.layer, operation: training.operation, forward: training.forward,
          backward: training.backward, inference: inference.forward)
      }
    }
    return EngineBenchmark(
      batch: batch, threads: threads, training: training, inference: inference,
      peakMemory: peakMemory, layers: layerTimes)
  }

  /// The most bytes the process has held so far.
  private static func peakMemory() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return Int(usage.ru_maxrss) * 1024
  }

  /// Runs `body` once to warm up and then measures it; the net's clock, if it has one, is left with
  /// each segment's fastest run.
  private static func times(_ repetitions: Int, _ net: Net, _ body: (Int) -> Void) -> Times {
    body(0)
    var times: [Double] = []
    var clock: SegmentClock?
    for repetition in 1...max(repetitions, 1) {
      net.clock = net.clock.map { _ in SegmentClock(segments: net.plan.segments.count) }
      let start = SegmentClock.seconds
      body(repetition)
      times.append((SegmentClock.seconds - start) * 1000)
      clock = net.clock.map { measured in clock.map { $0.fastest(measured) } ?? measured }
    }
    net.clock = clock
    return Times(times)
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
