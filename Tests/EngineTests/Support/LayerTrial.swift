import Basics
import Definitions
import Engine
import Kernels

typealias Operation = Definitions.Operation

/// One layer on its own, run forward and backward once.
///
/// Parameter gradients are read off the momentum: with momentum 0, rate 1 and decay 0, a step leaves
/// the gradient in it.
struct LayerTrial {
  var output: [Float]
  var inputGradient: [Float]
  /// In PyTorch's order; empty for what does not learn.
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
    algorithm: ((ConvolutionGeometry) -> any ConvolutionAlgorithm)? = nil
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
        definition, layout: LayerTrial.layout(operation, shape, definition),
        isLearning: isLearning)
      parameter.layout.load(initial, into: parameter.values.start)
      return parameter
    }
    let scratch = Scratch(workers: threads)
    let input = Blob(shape: shape)
    let setup = LayerSetup(
      operation: operation, input: input, outputShape: outputShape, parameters: parameters,
      isLearning: isLearning, maximumBatch: images, scratch: scratch,
      stream: stream)
    let layer: any Layer
    if let algorithm, case .convolution(let convolution) = operation {
      let geometry = ConvolutionGeometry(convolution, input: shape, output: outputShape)
      layer = ConvolutionLayer(setup, algorithm: algorithm(geometry))
    } else {
      layer = try makeLayer(setup)
    }
    scratch.allocate()
    for blob in layer.output === input ? [input] : [input, layer.output] {
      blob.allocate(
        values: .wholeBatch, gradient: .wholeBatch, images: images, workers: threads)
    }
    input.batchValues.update(from: values, count: values.count)
    let pool = ThreadPool(threads: threads)
    let pass = Pass(
      mode: mode, images: images, iteration: iteration,
      step: SolverStep(momentum: 0, rate: 1, decay: 0))
    let count = images * outputShape.count
    LayerTrial.forward(layer, pass, pool)
    output = Array(UnsafeBufferPointer(start: layer.output.batchValues, count: count))
    layer.output.batchGradient.update(from: upstream, count: count)
    LayerTrial.backward(layer, pass, pool)
    inputGradient = Array(
      UnsafeBufferPointer(start: input.batchGradient, count: values.count))
    parameterGradients = parameters.map { parameter in
      parameter.velocity.map { parameter.layout.read($0.start, count: $0.count) } ?? []
    }
    self.parameters = parameters.map {
      $0.layout.read($0.values.start, count: $0.values.count)
    }
  }

  private static func forward(_ layer: any Layer, _ pass: Pass, _ pool: ThreadPool) {
    if let layer = layer as? any BatchLayer { layer.forward(in: pass, on: pool) }
    guard let layer = layer as? any ImageLayer else { return }
    layer.prepare(for: pass, on: pool)
    pool.run(pass.images) { layer.forward(Place(image: $0, worker: $1), in: pass) }
  }

  private static func backward(_ layer: any Layer, _ pass: Pass, _ pool: ThreadPool) {
    if let layer = layer as? any BatchLayer { layer.backward(in: pass, on: pool) }
    guard let layer = layer as? any ImageLayer else { return }
    pool.run(pass.chunks.count) { chunk, worker in
      for image in pass.chunks[chunk] {
        layer.backward(
          Place(
            image: image, worker: worker, chunk: chunk,
            isFirstOfChunk: image == pass.chunks[chunk].lowerBound), in: pass)
      }
    }
    layer.update(in: pass, on: pool)
  }

  private static func layout(
    _ operation: Operation, _ input: Shape, _ parameter: ParameterDefinition
  ) -> ParameterLayout {
    guard parameter.role == .weight else { return .plain }
    switch operation {
    case .convolution(let convolution):
      return .channelsLast(
        outputs: convolution.filters, channels: input.channels / convolution.groups,
        places: convolution.kernel * convolution.kernel)
    case .dense where input.isSpatial:
      return .channelsLast(
        outputs: parameter.shape[0], channels: input.channels, places: input.height * input.width)
    default:
      return .plain
    }
  }
}
