import Basics
import Definitions
import Engine
import Kernels

typealias Operation = Definitions.Operation

/// One layer in isolation, run forward and backward once.
///
/// Parameter gradients are derived from the momentum: with momentum 0, rate 1 and decay 0, it contains the gradient
/// after one step.
struct LayerTrial {
  var output: [Float]
  var inputGradient: [Float]
  /// In PyTorch's order; empty for parameters that do not learn.
  var parameterGradients: [[Float]]
  /// After the step, in PyTorch's order.
  var parameters: [[Float]]

  /// - Parameters:
  ///   - values: images, channels last.
  ///   - parameters: initial values in PyTorch's order.
  ///   - upstream: the gradient with respect to the output.
  init(
    _ operation: Operation, input shape: Shape, values: [Float], parameters initial: [[Float]],
    upstream: [Float], isLearning: Bool = true, mode: Pass.Mode = .training, threads: Int = 2,
    stream: RandomStream = RandomStream(seed: 3), iteration: Int = 0,
    propagates: Bool = true, normalizesByBatch: Bool? = nil, precision: Precision = .single,
    algorithm: ((ConvolutionGeometry, ConvolutionUse) throws -> any ConvolutionAlgorithm)? = nil
  ) throws {
    let images = values.count / shape.count
    let network = NetworkDefinition(
      input: shape, layers: [LayerDefinition(name: "layer", operations: [operation])])
    let outputShape = try network.shapes()[0][1]
    let parameters = zip(try network.parameters(), initial).map { definition, initial in
      // A rate factor of 1 for all, so that momentum is gradient.
      var definition = definition
      if definition.role != .statistic { definition.rate = 1 }
      let parameter = Parameter(
        definition, layout: LayerRegistry.layout(of: definition, in: operation, input: shape),
        learning: isLearning ? LearningMemory(state: 1) : nil)
      parameter.load(initial)
      return parameter
    }
    let scratch = Scratch(workers: threads)
    let input = Blob(shape: shape)
    let setup = LayerSetup(
      operation: operation, input: input, outputShape: outputShape, parameters: parameters,
      isLearning: isLearning, precision: precision, normalizesByBatch: normalizesByBatch,
      propagates: propagates,
      maximumBatch: images, scratch: scratch,
      stream: stream)
    let layer: any Layer
    if let algorithm, let convolution = operation.settings as? Convolution {
      let geometry = ConvolutionGeometry(convolution, input: shape, output: outputShape)
      layer = ConvolutionLayer(
        geometry, setup, algorithm: try algorithm(geometry, ConvolutionUse(setup)))
    } else {
      layer = try LayerRegistry.makeLayer(setup)
    }
    scratch.allocate()
    for blob in layer.output === input ? [input] : [input, layer.output] {
      blob.allocate(
        values: .wholeBatch, gradient: .wholeBatch, images: images, workers: threads)
    }
    input.batchValues.update(from: values, count: values.count)
    let pool = ThreadPool(threads: threads, processors: threads)
    let pass = Pass(
      mode: mode, images: images, iteration: iteration,
      step: SolverStep(rule: .momentum(0), rate: 1, decay: 0))
    let count = images * outputShape.count
    LayerTrial.forward(layer, pass, pool)
    output = Array(UnsafeBufferPointer(start: layer.output.batchValues, count: count))
    layer.output.batchGradient.update(from: upstream, count: count)
    LayerTrial.backward(layer, pass, pool)
    inputGradient = Array(
      UnsafeBufferPointer(start: input.batchGradient, count: values.count))
    parameterGradients = parameters.map { parameter in
      parameter.state.first.map {
        parameter.layout.read($0.start, count: parameter.definition.count)
      } ?? []
    }
    self.parameters = parameters.map {
      $0.layout.read($0.values.start, count: $0.definition.count)
    }
  }

  private static func forward(_ layer: any Layer, _ pass: Pass, _ pool: ThreadPool) {
    switch layer {
    case let layer as any BatchLayer:
      layer.forward(in: pass, on: pool)
    case let layer as any BlockLayer:
      layer.prepare(for: pass, on: pool)
      let size = layer.blockImages
      pool.run((pass.images + size - 1) / size) { task, worker in
        let images = task * size..<min((task + 1) * size, pass.images)
        layer.forward(Block(images: images, worker: worker), in: pass)
      }
    case let layer as any ImageLayer:
      if let layer = layer as? any MeasuringLayer {
        pool.run(pass.images) { layer.measure(Place(image: $0, worker: $1), in: pass) }
      }
      layer.prepare(for: pass, on: pool)
      pool.run(pass.images) { layer.forward(Place(image: $0, worker: $1), in: pass) }
    default:
      break
    }
  }

  private static func backward(_ layer: any Layer, _ pass: Pass, _ pool: ThreadPool) {
    switch layer {
    case let layer as any BatchLayer:
      layer.backward(in: pass, on: pool)
    case let layer as any BlockLayer:
      layer.prepareBackward(in: pass, on: pool)
      let schedule = layer.schedule(images: pass.images)
      for round in 0..<schedule.rounds {
        schedule.run(round: round, on: pool) { layer.backward($0, in: pass) }
        layer.finish(round: round, of: schedule, on: pool)
      }
      layer.update(in: pass, on: pool)
    case let layer as any ImageLayer:
      if let layer = layer as? any MeasuringLayer {
        pool.run(pass.images) { layer.measureGradient(Place(image: $0, worker: $1), in: pass) }
        layer.update(in: pass, on: pool)
      }
      pool.run(pass.images) { layer.backward(Place(image: $0, worker: $1), in: pass) }
    default:
      break
    }
  }
}
