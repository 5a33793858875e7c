import Basics
import Definitions
import Kernels

/// A network's layers, wired and grouped: what a net runs.
struct NetPlan {
  let input: Blob
  let output: Blob
  let segments: [Segment]
  let parameters: [Parameter]

  init(
    _ network: NetworkDefinition, purpose: NetworkPurpose, maximumBatch: Int, threads: Int,
    operations: Range<Int>?, separatesLayers: Bool, level: KernelLevel
  ) throws {
    let scratch = Scratch(workers: threads)
    let steps = try NetPlan.steps(network, purpose: purpose, operations: operations)
    let input = Blob(shape: steps.first?.inputShape ?? network.input)
    var current = input
    var wired: [WiredLayer] = []
    var isLearningBelow = false
    for step in steps {
      let setup = LayerSetup(
        operation: step.operation, input: current, outputShape: step.outputShape,
        parameters: step.parameters, isLearning: step.isLearning, propagates: isLearningBelow,
        maximumBatch: maximumBatch, scratch: scratch, stream: step.stream, level: level)
      let layer = try LayerRegistry.makeLayer(setup)
      if !separatesLayers { layer.fuse(with: wired.last?.layer) }
      wired.append(
        WiredLayer(
          name: step.layer, operation: step.operation, layer: layer,
          hasBackward: setup.hasBackward, propagates: setup.propagates))
      if setup.hasBackward { isLearningBelow = true }
      current = layer.output
    }
    segments = Segment.group(wired, separatesLayers: separatesLayers)
    parameters = steps.flatMap(\.parameters)
    self.input = input
    output = current
    scratch.allocate()
    NetPlan.allocateBlobs(
      segments, input: input, output: current, images: maximumBatch, workers: threads)
  }
}

// MARK: - From definition to layers

extension NetPlan {
  /// One operation with all that its layer is made from.
  private struct Step {
    var layer: String
    var operation: Operation
    var inputShape: Shape
    var outputShape: Shape
    var parameters: [Parameter]
    var isLearning: Bool
    var stream: RandomStream
  }

  private static func steps(
    _ network: NetworkDefinition, purpose: NetworkPurpose, operations: Range<Int>?
  ) throws -> [Step] {
    let shapes: [[Shape]]
    do {
      shapes = try network.shapes()
    } catch {
      throw DiagnosticError("layer '\(error.layer)' does not fit: \(error.message)")
    }
    if case .training(let treatments, _, _) = purpose {
      precondition(treatments.count == network.layers.count, "a treatment for each layer")
    }
    var result: [Step] = []
    for (layerIndex, layer) in network.layers.enumerated() {
      for (position, operation) in layer.operations.enumerated() {
        var isLearning = false
        var rule: UpdateRule?
        var rate = 1.0
        var stream = RandomStream(seed: 0)
        if case .training(let treatments, let solver, let root) = purpose {
          isLearning = treatments[layerIndex].verb.state == .learning
          rule = isLearning ? solver.rule : nil
          rate = treatments[layerIndex].rate
          stream = root.stream(for: "dropout").stream(for: layer.name).stream(position)
        }
        let input = shapes[layerIndex][position]
        let parameters = operation.parameters(layer: layer.name, input: input).map {
          Parameter(
            $0, layout: LayerRegistry.layout(of: $0, in: operation, input: input),
            layerRate: rate, rule: rule)
        }
        result.append(
          Step(
            layer: layer.name, operation: operation, inputShape: input,
            outputShape: shapes[layerIndex][position + 1], parameters: parameters,
            isLearning: isLearning, stream: stream))
      }
    }
    guard let operations else { return result }
    precondition(
      operations.upperBound <= result.count, "the network has \(result.count) operations")
    return Array(result[operations])
  }

  /// Blobs that only one segment touches need room for a block of images each worker, unless a backward
  /// pass will look at their values.
  private static func allocateBlobs(
    _ segments: [Segment], input: Blob, output: Blob, images: Int, workers: Int
  ) {
    var uses: [ObjectIdentifier: BlobUse] = [:]
    func use(_ blob: Blob, _ change: (inout BlobUse) -> Void) {
      change(&uses[ObjectIdentifier(blob), default: BlobUse(blob: blob)])
    }
    for blob in [input, output] { use(blob) { $0.isWhole = true } }
    for (index, segment) in segments.enumerated() {
      for wired in segment.layers {
        for blob in [wired.layer.input, wired.layer.output] {
          use(blob) {
            $0.segments.insert(index)
            $0.blockImages = segment.blockImages
            if segment.isBatchwise { $0.isWhole = true }
          }
        }
        if wired.hasBackward {
          use(wired.layer.output) { $0.hasGradient = true }
          if wired.layer.looksAtInput { use(wired.layer.input) { $0.isLookedAt = true } }
          if wired.layer.looksAtOutput { use(wired.layer.output) { $0.isLookedAt = true } }
        }
        if wired.propagates { use(wired.layer.input) { $0.hasGradient = true } }
      }
    }
    for use in uses.values {
      let isLocal = !use.isWhole && use.segments.count == 1
      let local: Blob.Extent = isLocal ? .block(images: use.blockImages) : .wholeBatch
      use.blob.allocate(
        values: use.isLookedAt ? .wholeBatch : local, gradient: use.hasGradient ? local : nil,
        images: images, workers: workers)
    }
  }

  private struct BlobUse {
    let blob: Blob
    var segments: Set<Int> = []
    var blockImages = 1
    var isWhole = false
    var isLookedAt = false
    var hasGradient = false
  }
}
