import Basics
import Definitions
import Testing

/// A layer's naive twin: outputs of a batch (channels last) from inputs (channels last) and parameters
/// (in PyTorch's order), in double precision.
typealias Twin = (_ input: [Double], _ parameters: [[Double]]) -> [Double]

/// Checks a layer's outputs against its twin, and its gradients against central differences of the
/// twin, which are exact to about 1e-9 in double precision.
///
/// - Parameters:
///   - outputTolerance, gradientTolerance: the greatest error relative to the greatest value: a few
///     units of single precision (6e-8) for each digit that a sum of the tests' length can lose.
func checkLayer(
  _ operation: Operation, input shape: Shape, images: Int, parameters: [[Float]] = [],
  values: [Float]? = nil, outputTolerance: Double = 2e-6, gradientTolerance: Double = 5e-6,
  trial makeTrial: (([Float], [Float]) throws -> LayerTrial)? = nil, twin: Twin,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let values = values ?? someValues(images * shape.count, seed: 11)
  let network = NetworkDefinition(
    input: shape, layers: [LayerDefinition(name: "layer", operations: [operation])])
  let outputCount = images * (try network.shapes()[0][1].count)
  let upstream = someValues(outputCount, seed: 12)
  let trial =
    try makeTrial?(values, upstream)
    ?? LayerTrial(
      operation, input: shape, values: values, parameters: parameters, upstream: upstream)
  let x = values.map(Double.init)
  let p = parameters.map { $0.map(Double.init) }
  let outputError = relativeError(trial.output, twin(x, p))
  #expect(outputError < outputTolerance, "output", sourceLocation: sourceLocation)

  func loss(_ x: [Double], _ p: [[Double]]) -> Double {
    zip(twin(x, p), upstream).reduce(0) { $0 + $1.0 * Double($1.1) }
  }
  let step = 1e-5
  let expected = x.indices.map { index in
    var (above, below) = (x, x)
    above[index] += step
    below[index] -= step
    return (loss(above, p) - loss(below, p)) / (2 * step)
  }
  let inputError = relativeError(trial.inputGradient, expected)
  #expect(inputError < gradientTolerance, "input gradient", sourceLocation: sourceLocation)

  for (number, gradient) in trial.parameterGradients.enumerated() where !gradient.isEmpty {
    let expected = p[number].indices.map { index in
      var (above, below) = (p, p)
      above[number][index] += step
      below[number][index] -= step
      return (loss(x, above) - loss(x, below)) / (2 * step)
    }
    let error = relativeError(gradient, expected)
    #expect(
      error < gradientTolerance, "gradient of parameter \(number)", sourceLocation: sourceLocation)
  }
}
