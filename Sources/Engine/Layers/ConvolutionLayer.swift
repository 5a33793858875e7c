import Definitions
import Kernels

/// Filters slid over a feature map, with a bias for each filter.
package final class ConvolutionLayer: ImageLayer {
  package let input: Blob
  package let output: Blob
  package let parameters: [Parameter]
  private let algorithm: any ConvolutionAlgorithm
  private let scratch: Scratch
  private let propagates: Bool
  private let places: Int
  private let filters: Int
  /// Gradient sums, one after the other for each chunk of the batch; `nil` for what does not learn.
  private let weightPartials: FloatBuffer?
  private let biasPartials: FloatBuffer?

  package convenience init(_ convolution: Convolution, _ setup: LayerSetup) {
    let geometry = ConvolutionGeometry(
      convolution, input: setup.input.shape, output: setup.outputShape)
    self.init(setup, algorithm: geometry.makeAlgorithm())
  }

  /// With an algorithm of the caller's choice.
  package init(_ setup: LayerSetup, algorithm: any ConvolutionAlgorithm) {
    input = setup.input
    output = Blob(shape: setup.outputShape)
    parameters = setup.parameters
    self.algorithm = algorithm
    scratch = setup.scratch
    propagates = setup.propagates
    places = setup.outputShape.height * setup.outputShape.width
    filters = setup.outputShape.channels
    scratch.reserve(algorithm.scratchCount)
    let chunks = BatchChunks(images: setup.maximumBatch).count
    weightPartials =
      setup.parameters[0].learns ? FloatBuffer(count: chunks * algorithm.partialCount) : nil
    let biasLearns = setup.parameters.count > 1 && setup.parameters[1].learns
    biasPartials = biasLearns ? FloatBuffer(count: chunks * filters) : nil
  }

  private var weights: Parameter { parameters[0] }
  private var biases: Parameter? { parameters.count > 1 ? parameters[1] : nil }

  package func prepare(for pass: Pass, on pool: ThreadPool) {
    algorithm.prepare(weights: weights.values.start, on: pool)
  }

  package func forward(_ place: Place, in pass: Pass) {
    let values = output.values(place)
    algorithm.forward(input.values(place), into: values, scratch: scratch[place.worker])
    if let biases {
      addToRows(values, biases.values.start, rows: places, columns: filters)
    }
  }

  package func backward(_ place: Place, in pass: Pass) {
    let gradient = output.gradient(place)
    if let biasPartials {
      let sums = biasPartials.start + place.chunk * filters
      if place.isFirstOfChunk { sums.update(repeating: 0, count: filters) }
      addRows(of: gradient, rows: places, columns: filters, to: sums)
    }
    algorithm.backward(
      gradient, input: input.values(place),
      inputGradient: propagates ? input.gradient(place) : nil,
      partial: weightPartials.map { $0.start + place.chunk * algorithm.partialCount },
      accumulating: !place.isFirstOfChunk, scratch: scratch[place.worker])
  }

  package func update(in pass: Pass, on pool: ThreadPool) {
    let parts = pass.chunks.count
    if let weightPartials {
      algorithm.move(
        weights, partials: weightPartials.start, parts: parts, by: pass.step, on: pool)
    }
    if let biasPartials, let biases {
      biases.move(gradients: biasPartials.start, parts: parts, by: pass.step, on: pool)
    }
  }
}
