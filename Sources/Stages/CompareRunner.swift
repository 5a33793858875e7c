import Basics
import Datasets
import Definitions
import Engine
import Execution
import Kernels
import Measures
import Planning
import Results

/// Runs `compare` stages: activations and weights of two networks, or of one before and after its training.
package struct CompareRunner: StageRunner {
  private let device: any Device
  private let time: any TimeSource

  /// - Parameter device: creates networks.
  package init(
    device: any Device = ProcessorDevice(),
    time: any TimeSource = SystemTimeSource()
  ) {
    self.device = device
    self.time = time
  }

  package func run(
    _ work: CompareWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let trained = try context.weights(of: work.network.trained)
    let first: Weights, second: Weights
    switch work.other {
    case .network(let other): (first, second) = (trained, try context.weights(of: other.trained))
    case .beginning(let training, _):
      (first, second) = (try StartingWeights(of: training, in: context).values, trained)
    }
    var comparison = Comparison(
      images: nil, first: work.first.layers, second: work.second.layers)
    var provenance = StageProvenance(engine: try device.provenance())
    if work.readsActivations {
      provenance.speed = try compareActivations(work, first, second, &comparison, context)
    }
    if work.measures.contains(.weights) {
      comparison.weights = try distances(work, first, second)
    }
    let path = context.workspace.appending(Comparison.file.name)
    try context.fileSystem.write(comparison.contents, to: path)
    return StageProduct(
      files: [Comparison.file.name: path], metrics: ComparisonResult(comparison).metrics,
      provenance: provenance.value)
  }

  // MARK: - Activations

  private func compareActivations(
    _ work: CompareWork, _ first: Weights, _ second: Weights, _ comparison: inout Comparison,
    _ context: StageContext
  ) throws -> StageSpeed {
    let algebra = try context.linearAlgebra()
    // Batches of one class each would not show how features tell classes apart.
    let order = RandomStream(seed: 0).stream(for: "compare")
    let one = try ObservedNetwork(work.first, order: order, on: device, in: context)
    let other = try ObservedNetwork(work.second, order: order, on: device, in: context)
    guard one.examples.images == other.examples.images else {
      throw DiagnosticError("the networks are not shown the same images")
    }
    try one.network.load(first)
    try other.network.load(second)
    let images = one.examples.count
    guard images >= KernelAlignment.leastImages else {
      throw DiagnosticError(
        "\(counted(images, "image")) are too few to compare activations: at least \(KernelAlignment.leastImages) are needed"
      )
    }
    let sizes = { (network: ObservedNetwork) in
      network.layers.map { network.observation.pooling.count(of: $0.shape) }
    }
    var alignment = KernelAlignment(first: one.layers.count, second: other.layers.count)
    var correlation =
      work.measures.contains(.svcca)
      ? CanonicalCorrelation(first: sizes(one), second: sizes(other)) : nil
    var speed = StageSpeed()
    var shown = 0
    var buffers = [one.makeBatch(), other.makeBatch()]
    for index in 0..<one.count {
      try context.stop.check()
      let started = time.now
      let batches = [
        try one.batch(index, into: &buffers[0]), try other.batch(index, into: &buffers[1]),
      ]
      speed.seconds += time.now - started
      speed.images += 2 * batches[0].labels.count
      let features = try zip([one, other], batches).map { network, batch in
        try zip(network.layers, batch.activations).map { layer, values in
          try matrix(
            network.observation.pooling.pooled(values, of: layer.shape),
            images: batch.labels.count, layer)
        }
      }
      correlation?.add(features[0] + features[1], algebra)
      if work.measures.contains(.cka) {
        // Centres the features.
        let kernels = features.map { $0.map { KernelAlignment.Kernel($0, algebra) } }
        alignment.add(kernels[0], kernels[1])
      }
      shown += batches[0].labels.count
      context.progress(StageProgress(completed: shown, total: images, unit: "images"))
    }
    comparison.images = images
    if work.measures.contains(.cka) { comparison.cka = alignment.values }
    do {
      comparison.svcca = try correlation?.values(algebra)
    } catch {
      throw DiagnosticError("activations cannot be correlated: \(error)")
    }
    return speed
  }

  /// - Throws: `DiagnosticError` for values that are not finite.
  private func matrix(_ values: [Float], images: Int, _ layer: ObservedLayer) throws -> DoubleMatrix
  {
    let matrix = DoubleMatrix(rows: images, columns: values.count / images)
    for (index, value) in values.enumerated() {
      guard value.isFinite else {
        throw DiagnosticError(
          "some activations of layer '\(layer.name)' are not finite numbers: the network may have diverged"
        )
      }
      matrix.start[index] = Double(value)
    }
    return matrix
  }

  // MARK: - Weights

  /// The distances of layers with the same names and parameters, in the order of the first network.
  private func distances(
    _ work: CompareWork, _ first: Weights, _ second: Weights
  ) throws -> [Comparison.Distance] {
    let own = try work.first.network.parameters().filter { $0.role != .statistic }
    let others = try work.second.network.parameters().filter { $0.role != .statistic }
    return try work.first.layers.compactMap { layer in
      guard work.second.layers.contains(layer) else { return nil }
      let parameters = own.filter { $0.layer == layer }
      let theirs = others.filter { $0.layer == layer }
      guard !parameters.isEmpty, parameters.map(\.name) == theirs.map(\.name),
        parameters.map(\.shape) == theirs.map(\.shape)
      else { return nil }
      var (difference, length, other, product) = (0.0, 0.0, 0.0, 0.0)
      for parameter in parameters {
        for (a, b) in zip(try first.values(for: parameter), try second.values(for: parameter)) {
          let (a, b) = (Double(a), Double(b))
          difference += (a - b) * (a - b)
          length += a * a
          other += b * b
          product += a * b
        }
      }
      let scale = (length * other).squareRoot()
      return Comparison.Distance(
        layer: layer, distance: difference.squareRoot(),
        relative: length > 0 ? (difference / length).squareRoot() : nil,
        cosine: scale > 0 ? min(max(product / scale, -1), 1) : nil)
    }
  }
}
