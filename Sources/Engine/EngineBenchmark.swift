import Basics
import Definitions
import Glibc

/// The training and inference speed of a network on this machine.
package struct EngineBenchmark: Sendable {
  /// The time of one operation for a batch, in milliseconds, with the net run layer by layer.
  package struct LayerTime: Hashable, Sendable {
    package var layer: String
    /// What the operation's parameters are called, such as `layer2.0.downsample.0`; `nil` without any.
    package var name: String?
    package var operation: String
    /// The forward pass in training.
    package var forward: Double
    /// Gradients and the parameter update; 0 without a backward pass.
    package var backward: Double
    package var inference: Double
  }

  /// Times of repetitions of the same work, in milliseconds.
  package struct Times: Hashable, Sendable {
    /// At least one, ascending.
    package let sorted: [Double]

    init(_ times: [Double]) { sorted = times.sorted() }

    package var fastest: Double { sorted[0] }
    /// For an even number, the mean of the two middle ones.
    package var median: Double { (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2 }
  }

  /// Images per batch of training.
  package var batch: Int
  package var threads: Int
  /// Of training.
  package var precision: Precision
  /// A training step, and the inference of a batch.
  package var training: Times
  package var inference: Times
  /// The peak memory of the process in bytes by the end of training: program, weights, optimiser state, activations,
  /// and the batch.
  package var peakMemory: Int
  /// Empty unless `layerTimes` is used.
  package var layers: [LayerTime]
}

extension EngineBenchmark {
  /// Measures a network with random weights and images.
  ///
  /// - Parameters:
  ///   - network: with `dense: classes` resolved; its last shape must be a vector.
  ///   - layers: by default, every layer learns.
  ///   - precision: of training.
  ///   - inferenceBatch: images per batch of inference; by default as in training.
  ///   - repetitions: measured steps, at least one; preceded by one warm-up step.
  /// - Throws: `DiagnosticError` if the shapes of the network do not match, or the device cannot be used.
  package static func measure(
    _ network: NetworkDefinition, on device: any Device = ProcessorDevice(),
    layers: [LayerTreatment]? = nil, precision: Precision = .single, batch: Int,
    inferenceBatch: Int? = nil, threads: Int, repetitions: Int = 5
  ) throws -> EngineBenchmark {
    func times(batch: Int, _ purpose: (Trial) -> NetworkPurpose) throws -> Times {
      let trial = Trial(
        network, layers: layers, precision: precision, batch: batch, threads: threads)
      // One net at a time, since there may not be enough memory for two large networks.
      let net = try device.makeNetwork(
        network, for: purpose(trial), maximumBatch: batch, threads: threads)
      let run = try trial.run(net, purpose(trial))
      return self.times(repetitions, run)
    }
    let training = try times(batch: batch) { $0.training }
    let peakMemory = peakMemory()
    return EngineBenchmark(
      batch: batch, threads: threads, precision: precision, training: training,
      inference: try times(batch: inferenceBatch ?? batch) { _ in .inference },
      peakMemory: peakMemory, layers: [])
  }

  /// Measures each operation on this machine's CPU: both nets run layer by layer over the whole batch, and the
  /// fastest run of each layer counts. This takes longer than running the same layers together.
  ///
  /// Parameters and errors are those of `measure`.
  package static func layerTimes(
    _ network: NetworkDefinition, layers: [LayerTreatment]? = nil,
    precision: Precision = .single, batch: Int, threads: Int, repetitions: Int = 5
  ) throws -> [LayerTime] {
    let trial = Trial(
      network, layers: layers, precision: precision, batch: batch, threads: threads)
    func times(_ purpose: NetworkPurpose) throws -> [LayerTime] {
      let net = try Net(
        network, for: purpose, maximumBatch: batch, threads: threads, separatesLayers: true)
      let run = try trial.run(net, purpose)
      run(0)
      var fastest: SegmentClock?
      for repetition in 1...max(repetitions, 1) {
        let clock = SegmentClock(segments: net.plan.segments.count)
        net.clock = clock
        run(repetition)
        fastest = net.clock.map { measured in fastest.map { $0.fastest(measured) } ?? measured }
      }
      return net.plan.segments.enumerated().map { index, segment in
        LayerTime(
          layer: segment.layers[0].name, name: segment.layers[0].parameterName,
          operation: segment.layers[0].operation.keyword,
          forward: (fastest?.forward[index] ?? 0) * 1000,
          backward: (fastest?.backward[index] ?? 0) * 1000, inference: 0)
      }
    }
    return zip(try times(trial.training), try times(.inference)).map { training, inference in
      var both = training
      both.inference = inference.forward
      return both
    }
  }

  /// The network and data to be measured.
  private struct Trial {
    let network: NetworkDefinition
    let threads: Int
    let images: [Float]
    let labels: Int
    let training: NetworkPurpose
    private let stream = RandomStream(seed: 1)

    init(
      _ network: NetworkDefinition, layers: [LayerTreatment]?, precision: Precision, batch: Int,
      threads: Int
    ) {
      self.network = network
      self.threads = threads
      labels = batch
      images = (0..<batch * network.input.count).map {
        Float($0 &* 2_654_435_761 % 2001 - 1000) / 1000
      }
      let treatments =
        layers ?? network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) }
      let solver = SolverDefinition(
        batch: batch, length: .iterations(1), rule: .momentum(0.9), decay: 0.0005,
        rate: RateSchedule(start: 1e-5), precision: precision)
      training = .training(treatments, solver, stream: stream)
    }

    /// Runs a batch through a net; called with the number of the step.
    func run(
      _ net: any TrainableNetwork, _ purpose: NetworkPurpose
    ) throws -> (Int) -> Void {
      try net.load(Weights.initial(for: network, stream: stream, threads: threads))
      guard case .training = purpose else { return { _ in _ = net.outputs(of: images) } }
      // The net has been created, so the shapes of the network match.
      let classes = try? network.shapes().last?.last?.count
      let labels = (0..<labels).map { Int32($0 % (classes ?? 1)) }
      return { _ = net.step(images: images, labels: labels, rate: 1e-5, iteration: $0) }
    }
  }

  /// The peak memory of the process so far, in bytes.
  private static func peakMemory() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return Int(usage.ru_maxrss) * 1024
  }

  /// Runs `body` once to warm up and then measures it.
  private static func times(_ repetitions: Int, _ body: (Int) -> Void) -> Times {
    body(0)
    return Times(
      (1...max(repetitions, 1)).map { repetition in
        let start = SegmentClock.seconds
        body(repetition)
        return (SegmentClock.seconds - start) * 1000
      })
  }
}
