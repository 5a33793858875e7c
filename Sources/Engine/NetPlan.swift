import Basics
import Definitions
import Kernels

/// The layers of a network, connected and grouped, ready for a net to run.
struct NetPlan {
  let input: Blob
  let output: Blob
  /// The activations that are kept for the whole batch until the end of a pass, since they are asked for.
  let observed: [Blob]
  let segments: [Segment]
  let parameters: [Parameter]

  init(
    _ network: NetworkDefinition, purpose: NetworkPurpose, maximumBatch: Int, threads: Int,
    operations: Range<Int>?, separatesLayers: Bool, level: KernelLevel
  ) throws {
    let scratch = Scratch(workers: threads)
    let steps = try NetPlan.steps(network, purpose: purpose, operations: operations)
    let first = steps.first?.graph.inputs[0] ?? 0
    let input = Blob(shape: steps.first?.inputShape ?? network.input)
    let observed = NetPlan.observed(by: purpose, among: steps)
    var values = Values(steps, observed: observed)
    values.blobs[first] = input
    var wired: [WiredLayer] = []
    for step in steps {
      let isJoin = step.graph.settings.joining != nil
      let paths = step.graph.inputs.map { values.read($0) }
      let lastPath = values.lastPath(of: step.graph.inputs)
      let source = step.graph.inputs[isJoin ? lastPath : 0]
      var setup = LayerSetup(
        operation: Operation(step.graph.settings), input: paths[0].blob,
        ownsInput: values.isReadOnce(source), paths: isJoin ? paths : [],
        outputShape: step.outputShape, parameters: step.parameters, isLearning: step.isLearning,
        precision: step.precision, normalizesByBatch: step.normalizesByBatch,
        propagates: paths.contains(where: \.propagates),
        maximumBatch: maximumBatch,
        scratch: scratch, stream: step.stream, level: level)
      setup.lastPath = isJoin ? lastPath : 0
      let layer = try LayerRegistry.makeLayer(setup)
      if !separatesLayers, values.isReadOnce(source) {
        layer.fuse(with: values.producers[source].map { wired[$0].layer })
      }
      values.producers[step.graph.output] = wired.count
      values.blobs[step.graph.output] = layer.output
      values.wanted[step.graph.output] = setup.hasBackward
      wired.append(
        WiredLayer(
          name: step.layer, operation: setup.operation, layer: layer,
          hasBackward: setup.hasBackward, propagates: paths.map(\.propagates)))
    }
    let current = wired.last?.layer.output ?? input
    segments = Segment.group(wired, separatesLayers: separatesLayers)
    parameters = steps.flatMap(\.parameters)
    self.input = input
    output = current
    self.observed = observed.map { value in
      guard let blob = values.blobs[value] else {
        preconditionFailure("every step's value has a blob")
      }
      return blob
    }
    scratch.allocate()
    NetPlan.allocateBlobs(
      segments, input: input, output: current, observed: self.observed, images: maximumBatch,
      workers: threads)
  }
}

/// The values of a graph on their way to blobs.
private struct Values {
  var blobs: [Int: Blob] = [:]
  /// The position of the layer that makes a value.
  var producers: [Int: Int] = [:]
  /// Whether a value's gradient is wanted, since something below learns.
  var wanted: [Int: Bool] = [:]
  /// How often each value is read, and how often it has been so far.
  private var readers: [Int: Int] = [:]
  private var reads: [Int: Int] = [:]

  /// - Parameter observed: values that are also read from outside, and so never overwritten.
  init(_ steps: [NetPlan.Step], observed: [Int]) {
    for input in steps.flatMap(\.graph.inputs) + observed { readers[input, default: 0] += 1 }
  }

  func isReadOnce(_ value: Int) -> Bool { readers[value] == 1 }

  /// The path of two whose last layer comes later, if nothing else reads what it gives; otherwise the first.
  func lastPath(of sources: [Int]) -> Int {
    guard sources.count == 2, isReadOnce(sources[1]), let second = producers[sources[1]] else {
      return 0
    }
    return second > producers[sources[0]] ?? -1 ? 1 : 0
  }

  /// What the next reader of a value reads. The gradient of the last one, whose backward pass is the first, is the
  /// value's; those of others are added to it.
  mutating func read(_ value: Int) -> PathOutput {
    guard let blob = blobs[value] else {
      preconditionFailure("values are made before they are read")
    }
    let propagates = wanted[value] ?? false
    reads[value, default: 0] += 1
    let isLast = reads[value] == readers[value]
    return PathOutput(isLast || !propagates ? blob : Blob(of: blob), propagates: propagates)
  }
}

// MARK: - From definition to layers

extension NetPlan {
  /// One operation with everything that its layer needs.
  fileprivate struct Step {
    var graph: NetworkGraph.Step
    var layer: String
    var inputShape: Shape
    var outputShape: Shape
    var parameters: [Parameter]
    var isLearning: Bool
    var precision: Precision
    var normalizesByBatch: Bool
    var stream: RandomStream
  }

  private static func steps(
    _ network: NetworkDefinition, purpose: NetworkPurpose, operations: Range<Int>?
  ) throws -> [Step] {
    let graph: NetworkGraph
    do {
      graph = try NetworkGraph(network)
    } catch {
      throw DiagnosticError("layer '\(error.layer)' does not fit: \(error.message)")
    }
    if case .training(let treatments, _, _) = purpose {
      precondition(treatments.count == network.layers.count, "a treatment for each layer")
    }
    let operations = operations ?? 0..<network.operationCount
    precondition(
      operations.upperBound <= network.operationCount,
      "the network has \(network.operationCount) operations")
    return graph.steps.filter { operations.contains($0.operation) }.map { step in
      let layer = network.layers[step.layer].name
      var isLearning = false
      var precision = Precision.single
      var normalizesByBatch = false
      var learning: LearningMemory?
      var rate = 1.0
      var stream = RandomStream(seed: 0)
      if case .training(let treatments, let solver, let root) = purpose {
        isLearning = treatments[step.layer].verb.state == .learning
        precision = solver.precision
        let treatment = treatments[step.layer]
        learning = isLearning ? solver.memory : nil
        if treatment.verb.origin != .copied { learning?.holdsSource = false }
        normalizesByBatch = treatment.normalizesByBatch
        rate =
          treatment.rate * solver.rateFactor(ofLayer: step.layer, of: network.layers.count)
        stream = step.place.reduce(root.stream(for: "dropout").stream(for: layer)) {
          $0.stream($1)
        }
      }
      let input = graph.input(of: step)
      let operation = Operation(step.settings)
      let parameters = graph.parameters(of: step, layer: layer).map {
        Parameter(
          $0, layout: LayerRegistry.layout(of: $0, in: operation, input: input), layerRate: rate,
          learning: learning)
      }
      return Step(
        graph: step, layer: layer, inputShape: input, outputShape: graph.output(of: step),
        parameters: parameters, isLearning: isLearning,
        precision: precision, normalizesByBatch: normalizesByBatch, stream: stream)
    }
  }

  /// The values that are asked for: what the last step of each operation makes.
  private static func observed(by purpose: NetworkPurpose, among steps: [Step]) -> [Int] {
    guard case .observation(let operations) = purpose else { return [] }
    return operations.map { operation in
      guard let step = steps.last(where: { $0.graph.operation == operation }) else {
        preconditionFailure("the net has no operation \(operation)")
      }
      return step.graph.output
    }
  }

  /// Blobs that only one segment touches need room for a block of images each worker, unless a backward
  /// pass will look at their values and does not compute them again. What is not needed at the same time shares memory.
  private static func allocateBlobs(
    _ segments: [Segment], input: Blob, output: Blob, observed: [Blob], images: Int, workers: Int
  ) {
    var uses: [ObjectIdentifier: BlobUse] = [:]
    var order: [ObjectIdentifier] = []
    func use(_ blob: Blob, _ change: (inout BlobUse) -> Void) {
      if uses[ObjectIdentifier(blob)] == nil { order.append(ObjectIdentifier(blob)) }
      change(&uses[ObjectIdentifier(blob), default: BlobUse(blob: blob)])
    }
    for blob in [input, output] + observed { use(blob) { $0.isWhole = true } }
    // Before the first segment and after the last one: the images' arrival, and the loss.
    use(input) { $0.segments.insert(-1) }
    for blob in [output] + observed { use(blob) { $0.segments.insert(segments.count) } }
    use(output) { $0.gradientSegments.insert(segments.count) }
    /// What a segment does with a layer's blobs; of a layer that it only measures, it computes the gradients.
    func look(at wired: WiredLayer, in index: Int, isMeasured: Bool) {
      let segment = segments[index]
      let inputs = wired.layer.inputs
      for blob in inputs + inputs.compactMap(\.origin) + (isMeasured ? [] : [wired.layer.output]) {
        use(blob) {
          $0.segments.insert(index)
          $0.blockImages = segment.blockImages
          if segment.isBatchwise { $0.isWhole = true }
        }
      }
      if wired.hasBackward {
        use(wired.layer.output.gradientOwner) {
          $0.hasGradient = true
          $0.gradientSegments.insert(index)
          $0.gradientBlockImages = segment.blockImages
        }
        func look(_ blob: Blob) {
          use(blob) { $0.lookedAt = min($0.lookedAt ?? index, index) }
        }
        if wired.layer.looksAtInput { for blob in inputs { look(blob.origin ?? blob) } }
        if wired.layer.looksAtOutput { look(wired.layer.output) }
      }
      // Where the gradient is computed by the segment before, it is not used here.
      let computesGradient =
        isMeasured || !(segment.isMeasuredBefore && wired.layer === segment.layers[0].layer)
      for (blob, propagates) in zip(inputs, wired.propagates) where propagates && computesGradient {
        for blob in [blob] + (blob.origin.map { [$0] } ?? []) {
          use(blob.gradientOwner) {
            $0.hasGradient = true
            $0.gradientSegments.insert(index)
            $0.gradientBlockImages = segment.blockImages
          }
        }
      }
    }
    for (index, segment) in segments.enumerated() {
      for wired in segment.layers { look(at: wired, in: index, isMeasured: false) }
      if let wired = segment.measured { look(at: wired, in: index, isMeasured: true) }
      for blob in segment.valuesComputedAgain { use(blob) { $0.isComputedAgain = true } }
    }
    var arrays: [(use: BlobUse, isGradient: Bool, extent: Blob.Extent)] = []
    var requests: [BufferPlan.Request] = []
    // Segment s is run forward at moment s, and backward at `back` − s.
    let back = 2 * segments.count
    for use in order.compactMap({ uses[$0] }) {
      let first = use.segments.min() ?? 0, last = use.segments.max() ?? 0
      func extent(_ segments: Set<Int>, _ blockImages: Int) -> Blob.Extent {
        !use.isWhole && segments.count == 1 ? .block(images: blockImages) : .wholeBatch
      }
      func request(_ extent: Blob.Extent, isGradient: Bool, _ moments: ClosedRange<Int>) {
        arrays.append((use, isGradient, extent))
        requests.append(
          BufferPlan.Request(
            count: use.blob.count(extent, images: images, workers: workers), moments: moments))
      }
      if use.blob.origin == nil {
        request(
          use.lookedAt == nil || use.isComputedAgain
            ? extent(use.segments, use.blockImages) : .wholeBatch,
          isGradient: false,
          first...(use.lookedAt.map { back - $0 } ?? last))
      }
      if use.hasGradient {
        let first = use.gradientSegments.min() ?? first, last = use.gradientSegments.max() ?? last
        request(
          extent(use.gradientSegments, use.gradientBlockImages), isGradient: true,
          back - last...back - max(first, 0))
      }
    }
    let plan = BufferPlan(requests)
    let buffer = FloatBuffer(count: plan.count)
    for ((use, isGradient, extent), offset) in zip(arrays, plan.offsets) {
      if isGradient {
        use.blob.useForGradient(buffer, at: offset, extent)
      } else {
        use.blob.useForValues(buffer, at: offset, extent)
      }
    }
    for use in uses.values { use.blob.takeSharedGradient() }
  }

  private struct BlobUse {
    let blob: Blob
    /// Those that touch the values, and the gradient.
    var segments: Set<Int> = []
    var gradientSegments: Set<Int> = []
    var blockImages = 1
    var gradientBlockImages = 1
    var isWhole = false
    /// The first segment whose backward pass looks at the values.
    var lookedAt: Int?
    /// Whether the segment whose backward pass looks at them can compute them again before.
    var isComputedAgain = false
    var hasGradient = false
  }
}
