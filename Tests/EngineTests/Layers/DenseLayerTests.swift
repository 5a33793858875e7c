import Definitions
import Engine
import Testing

@Suite struct DenseLayerTests {
  /// Naive dense layer over channels-last input, weights over channels-first: see `Twin`.
  static func twin(units: Int, _ input: Shape) -> Twin {
    { x, parameters in
      let places = input.height * input.width
      return (0..<x.count / input.count).flatMap { image in
        (0..<units).map { unit in
          var sum = parameters[1][unit]
          for channel in 0..<input.channels {
            for place in 0..<places {
              sum +=
                parameters[0][unit * input.count + channel * places + place]
                * x[image * input.count + place * input.channels + channel]
            }
          }
          return sum
        }
      }
    }
  }

  @Test(arguments: [
    (Shape(units: 7), 5, 3), (Shape(channels: 3, height: 2, width: 4), 4, 2),
    (Shape(units: 3), 1, 35), (Shape(units: 2), 300, 1),
  ])
  func meetsNaiveTwinAndItsNumericalGradient(input: Shape, units: Int, images: Int) throws {
    try checkLayer(
      .dense(Dense(units: .count(units))), input: input, images: images,
      parameters: [someValues(units * input.count, seed: 5), someValues(units, seed: 6)],
      twin: DenseLayerTests.twin(units: units, input))
  }

  /// Larger than a tile of the weight gradient both ways: gradients against sums by hand.
  @Test func tilesCoverLargeLayers() throws {
    let (inputs, units, images) = (1100, 300, 3)
    let x = someValues(images * inputs, seed: 1)
    let upstream = someValues(images * units, seed: 2)
    let weights = someValues(units * inputs, seed: 3)
    let trial = try LayerTrial(
      .dense(Dense(units: .count(units))), input: Shape(units: inputs), values: x,
      parameters: [weights, Array(repeating: 0, count: units)], upstream: upstream)
    func sum(_ terms: Int, _ term: (Int) -> Double) -> Double {
      (0..<terms).reduce(0) { $0 + term($1) }
    }
    let weightGradient = (0..<units * inputs).map { index in
      sum(images) {
        Double(upstream[$0 * units + index / inputs]) * Double(x[$0 * inputs + index % inputs])
      }
    }
    let inputGradient = (0..<images * inputs).map { index in
      sum(units) {
        Double(upstream[index / inputs * units + $0])
          * Double(weights[$0 * inputs + index % inputs])
      }
    }
    #expect(relativeError(trial.parameterGradients[0], weightGradient) < 1e-6)
    #expect(relativeError(trial.inputGradient, inputGradient) < 2e-6)
  }

  /// W = (1 2 / 3 4), b = (5, 6), x = (1, −1), dy = (1, 2).
  @Test func layerByHand() throws {
    let trial = try LayerTrial(
      .dense(Dense(units: .count(2))), input: Shape(units: 2), values: [1, -1],
      parameters: [[1, 2, 3, 4], [5, 6]], upstream: [1, 2])
    #expect(trial.output == [4, 5])
    #expect(trial.inputGradient == [7, 10])
    #expect(trial.parameterGradients == [[1, -1, 2, -2], [1, 2]])
  }
}
