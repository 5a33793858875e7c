import Definitions
import Kernels

/// Convolution of a feature map with filters, with one bias per filter.
package final class ConvolutionLayer: BlockLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  package let parameters: [Parameter]
  /// Whether the layer replaces negative outputs by 0, in place of a rectifier above.
  var rectifies = false
  /// A batch norm above, of fixed statistics, that the layer computes.
  var norm: BatchNormLayer?
  private let algorithm: any ConvolutionAlgorithm
  private let scratch: Scratch
  private let propagates: Bool
  private let places: Int
  private let filters: Int
  private let fanIn: Int
  /// The gradient sums of the biases, one after the other for each part of the batch.
  private let biasPartials: FloatBuffer?
  /// The load count of the weights when the algorithm last prepared them.
  private var preparedLoads: Int?

  package convenience init(_ convolution: Convolution, _ setup: LayerSetup) throws {
    let geometry = ConvolutionGeometry(
      convolution, input: setup.input.shape, output: setup.outputShape)
    self.init(geometry, setup, algorithm: try geometry.makeAlgorithm(ConvolutionUse(setup)))
  }

  /// With an algorithm chosen by the caller.
  package init(
    _ geometry: ConvolutionGeometry, _ setup: LayerSetup, algorithm: any ConvolutionAlgorithm
  ) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
    parameters = setup.parameters
    self.algorithm = algorithm
    scratch = setup.scratch
    propagates = setup.propagates
    places = setup.outputShape.height * setup.outputShape.width
    filters = setup.outputShape.channels
    fanIn = geometry.fanIn
    let biasLearns = setup.parameters.count > 1 && setup.parameters[1].learns
    let parts = algorithm.schedule(images: setup.maximumBatch).parts
    biasPartials = biasLearns ? FloatBuffer(count: parts * filters) : nil
  }

  package static func layout(of parameter: ParameterDefinition, input: Shape) -> ParameterLayout {
    guard parameter.role == .weight else { return .plain }
    return .channelsLast(
      outputs: parameter.shape[0], channels: parameter.shape[1],
      places: parameter.shape[2] * parameter.shape[3])
  }

  private var weights: Parameter { parameters[0] }
  private var biases: Parameter? { parameters.count > 1 ? parameters[1] : nil }

  package var looksAtOutput: Bool { false }

  package var blockImages: Int { algorithm.blockImages }

  package func prepare(for pass: Pass, on pool: ThreadPool) {
    let isFrozen = !weights.learns && biases?.learns != true
    // The sum of both counts shows a load of either.
    let loads = weights.loads + (biases?.loads ?? 0)
    algorithm.prepare(
      weights: weights.values.start, biases: biases.map { UnsafePointer($0.values.start) },
      isAgain: isFrozen && preparedLoads == loads, on: pool)
    preparedLoads = loads
  }

  package func prepareBackward(in pass: Pass, on pool: ThreadPool) {
    algorithm.prepareBackward(weights: weights.values.start, on: pool)
  }

  package func forward(_ block: Block, in pass: Pass) {
    let finish = norm?.finish(Place(image: block.images.lowerBound, worker: block.worker))
    algorithm.forward(
      input.values(block), into: output.values(block), images: block.images.count,
      finish: finish ?? OutputFinish(rectification: rectifies ? .positive : .none),
      scratch: scratch[block.worker])
  }

  package func schedule(images: Int) -> BlockSchedule { algorithm.schedule(images: images) }

  package func backward(_ block: Block, in pass: Pass) {
    let gradient = output.gradient(block)
    if let biasPartials {
      let sums = biasPartials.start + block.part * filters
      if block.isFirstOfPart { sums.update(repeating: 0, count: filters) }
      addRows(of: gradient, rows: block.images.count * places, columns: filters, to: sums)
    }
    algorithm.backward(
      gradient, input: input.values(block),
      inputGradient: propagates ? input.gradient(block) : nil, block: block,
      scratch: scratch[block.worker])
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {
    if weights.learns { algorithm.finish(round: round, of: schedule, on: pool) }
  }

  package func update(in pass: Pass, on pool: ThreadPool) {
    let schedule = schedule(images: pass.images)
    if weights.learns {
      pool.run(filters) { filter, worker in
        let gradient = scratch[worker]
        algorithm.gradient(
          ofFilter: filter, schedule: schedule, into: gradient,
          scratch: gradient + (fanIn + 15) / 16 * 16)
        weights.move(filter * fanIn, count: fanIn, gradients: gradient, in: pass)
      }
    }
    if let biasPartials, let biases {
      biases.move(gradients: biasPartials.start, parts: schedule.parts, in: pass, on: pool)
    }
  }
}
