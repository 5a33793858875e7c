import Basics
import Definitions
import Kernels

/// Fits classifiers to the activations of some images and measures them on others.
package struct Probe {
  private let algebra: LinearAlgebra
  private let stop: StopCheck

  package init(_ algebra: LinearAlgebra, unless stop: StopCheck = .never) {
    self.algebra = algebra
    self.stop = stop
  }

  /// What came of a classifier.
  package struct Outcome: Hashable, Sendable {
    /// The images classified correctly, among those measured and those held out; `nil` where none were.
    package var correct: Int
    package var heldOutCorrect: Int?
    /// The chosen decay; `nil` for classifiers without one.
    package var decay: Double?
    /// Whether training met its tolerance.
    package var isConverged = true
  }

  /// - Parameters:
  ///   - fit: the images that the classifier is fitted to; those of each class that are held out for the choice of a decay are
  ///     then fitted to as well.
  ///   - heldOut: positions among them.
  ///   - measured: other images, of the same classes.
  /// - Throws: `Interrupted`; `DiagnosticError` if the numbers do not allow it.
  package func outcome(
    of classifier: ProbeClassifier, fit: LabelledFeatures, heldOut: [Int],
    measured: LabelledFeatures
  ) throws -> Outcome {
    do {
      switch classifier {
      case .logistic(let decays):
        return try chosen(decays, fit, heldOut, measured) { try LogisticFit($0, algebra, stop) }
      case .ridge(let decays):
        return try chosen(decays, fit, heldOut, measured) { try RidgeFit($0, algebra) }
      case .nearest(let count):
        let predictions = try NearestFit(fit, algebra).predictions(
          of: measured, neighbours: count, unless: stop)
        return Outcome(correct: measured.correct(predictions))
      }
    } catch let failure as LinearAlgebra.Failure {
      throw DiagnosticError("the activations cannot be classified: \(failure)")
    }
  }

  /// The decay that is best on held-out images, the largest of equal ones, and what it gives when fitted to all images.
  private func chosen<Fit: LinearFit>(
    _ decays: [Double], _ fit: LabelledFeatures, _ heldOut: [Int], _ measured: LabelledFeatures,
    _ make: (LabelledFeatures) throws -> Fit
  ) throws -> Outcome {
    // From the strongest on: each starts where the one before ended.
    let decays = decays.sorted(by: >)
    var best: (decay: Double, correct: Int)?
    if decays.count > 1 {
      let held = Set(heldOut)
      let rest = fit.rows((0..<fit.count).filter { !held.contains($0) })
      let others = fit.rows(heldOut)
      let part = try make(rest)
      for decay in decays {
        try stop.check()
        let correct = others.correct(
          try part.solution(decay: decay).predictions(of: others, algebra))
        if best.map({ correct > $0.correct }) ?? true { best = (decay, correct) }
      }
    }
    try stop.check()
    let decay = best?.decay ?? decays[0]
    let solution = try make(fit).solution(decay: decay)
    return Outcome(
      correct: measured.correct(solution.predictions(of: measured, algebra)),
      heldOutCorrect: best?.correct, decay: decay, isConverged: solution.isConverged)
  }
}

extension LabelledFeatures {
  /// How many predictions are the labels.
  fileprivate func correct(_ predictions: [Int]) -> Int {
    zip(labels, predictions).count { $0 == $1 }
  }
}

// MARK: - Linear classifiers

/// A linear classifier being fitted to some images with one decay or another.
protocol LinearFit: AnyObject {
  func solution(decay: Double) throws -> LinearClassifier
}

/// The class with the largest score, which is linear in the standardised activations.
struct LinearClassifier {
  var standardization: Standardization
  /// Values × classes.
  var weights: DoubleMatrix
  /// For each class.
  var biases: [Double]
  var isConverged = true

  func predictions(of features: LabelledFeatures, _ algebra: LinearAlgebra) -> [Int] {
    let scores = algebra.product(standardization.applied(to: features).matrix, weights)
    return (0..<features.count).map { row in
      let scores = scores.row(row)
      var best = 0
      for index in 1..<max(biases.count, 1)
      where scores[index] + biases[index] > scores[best] + biases[best] { best = index }
      return best
    }
  }
}

/// Multinomial logistic regression.
final class LogisticFit: LinearFit {
  private let standardization: Standardization
  private let features: LabelledFeatures
  private let algebra: LinearAlgebra
  private let stop: StopCheck
  /// Where the last training ended: weights, then biases.
  private var point: [Double]
  /// Scores, then probabilities less targets.
  private let scores: DoubleMatrix

  init(_ features: LabelledFeatures, _ algebra: LinearAlgebra, _ stop: StopCheck) throws {
    standardization = Standardization(of: features)
    self.features = standardization.applied(to: features)
    self.algebra = algebra
    self.stop = stop
    point = Array(repeating: 0, count: (features.dimensions + 1) * features.classes)
    scores = DoubleMatrix(rows: features.count, columns: features.classes)
  }

  func solution(decay: Double) throws -> LinearClassifier {
    let minimum = try Minimizer().minimum(from: point, unless: stop) { point in
      lossAndGradient(at: point, decay: decay)
    }
    point = minimum.point
    let (dimensions, classes) = (features.dimensions, features.classes)
    return LinearClassifier(
      standardization: standardization,
      weights: DoubleMatrix(
        rows: dimensions, columns: classes, values: Array(point[..<(dimensions * classes)])),
      biases: Array(point[(dimensions * classes)...]), isConverged: minimum.isConverged)
  }

  private static let blockRows = 256

  /// The mean cross-entropy with decay.
  private func lossAndGradient(
    at point: [Double], decay: Double
  ) -> (value: Double, gradient: [Double]) {
    let (dimensions, classes, count) = (features.dimensions, features.classes, features.count)
    let weights = DoubleMatrix(
      rows: dimensions, columns: classes, values: Array(point[..<(dimensions * classes)]))
    let biases = Array(point[(dimensions * classes)...])
    algebra.multiply(features.matrix, weights, into: scores)
    let size = LogisticFit.blockRows
    let blocks = (count + size - 1) / size
    let losses = AlignedBuffer<Double>(count: blocks)
    let biasSums = DoubleMatrix(rows: blocks, columns: classes)
    let scale = 1 / Double(count)
    algebra.pool.run(blocks) { block, _ in
      var loss = 0.0
      let sums = biasSums.row(block)
      for row in block * size..<min((block + 1) * size, count) {
        let scores = scores.row(row)
        let label = features.labels[row]
        var greatest = -Double.infinity
        for index in 0..<classes {
          scores[index] += biases[index]
          greatest = max(greatest, scores[index])
        }
        let own = scores[label] - greatest
        var sum = 0.0
        for index in 0..<classes {
          scores[index] = ElementaryFunctions.exp(scores[index] - greatest)
          sum += scores[index]
        }
        loss += ElementaryFunctions.log(sum) - own
        for index in 0..<classes {
          scores[index] = scale * (scores[index] / sum - (index == label ? 1 : 0))
          sums[index] += scores[index]
        }
      }
      losses.start[block] = loss
    }
    var value = 0.0
    var gradient = algebra.product(features.matrix, scores, transposingFirst: true).values
    var squares = 0.0
    for index in gradient.indices {
      squares += point[index] * point[index]
      gradient[index] += decay * point[index]
    }
    gradient += [Double](repeating: 0, count: classes)
    for block in 0..<blocks {
      value += losses.start[block]
      for index in 0..<classes { gradient[dimensions * classes + index] += biasSums[block, index] }
    }
    return (value * scale + decay / 2 * squares, gradient)
  }
}

/// Least squares on targets ±1.
final class RidgeFit: LinearFit {
  private let standardization: Standardization
  private let features: LabelledFeatures
  private let spectrum: GramSpectrum
  private let coordinates: DoubleMatrix
  private let targetMeans: [Double]

  init(_ features: LabelledFeatures, _ algebra: LinearAlgebra) throws {
    standardization = Standardization(of: features)
    self.features = standardization.applied(to: features)
    spectrum = try GramSpectrum(self.features.matrix, algebra)
    let count = Double(features.count)
    // Less their mean, which the bias explains.
    let means = features.images.map { 2 * Double($0) / count - 1 }
    targetMeans = means
    let targets = DoubleMatrix(rows: features.count, columns: features.classes)
    for (row, label) in features.labels.enumerated() {
      for index in means.indices { targets[row, index] = (index == label ? 1 : -1) - means[index] }
    }
    coordinates = spectrum.coordinates(of: targets)
  }

  func solution(decay: Double) -> LinearClassifier {
    LinearClassifier(
      standardization: standardization,
      weights: spectrum.ridgeWeights(
        coordinates, constant: decay * Double(features.count)),
      biases: targetMeans)
  }
}

// MARK: - Nearest neighbours

/// Votes of the images with the nearest standardised activations; of equal distances, the earlier image counts, and of equal
/// votes, the earlier class.
struct NearestFit {
  private let standardization: Standardization
  private let features: LabelledFeatures
  private let squares: [Double]
  private let algebra: LinearAlgebra

  init(_ features: LabelledFeatures, _ algebra: LinearAlgebra) throws {
    standardization = Standardization(of: features)
    self.features = standardization.applied(to: features)
    self.algebra = algebra
    squares = NearestFit.squares(self.features)
    guard squares.allSatisfy(\.isFinite) else { throw LinearAlgebra.Failure.notFinite }
  }

  private static func squares(_ features: LabelledFeatures) -> [Double] {
    (0..<features.count).map { row in
      let values = features.matrix.row(row)
      var sum = 0.0
      for column in 0..<features.dimensions { sum += values[column] * values[column] }
      return sum
    }
  }

  /// Images whose distances are computed at once: their memory is this times the images fitted to.
  private static let blockRows = 256

  func predictions(
    of measured: LabelledFeatures, neighbours: Int, unless stop: StopCheck
  ) throws -> [Int] {
    let measured = standardization.applied(to: measured)
    let own = NearestFit.squares(measured)
    var predictions: [Int] = []
    for first in stride(from: 0, to: measured.count, by: NearestFit.blockRows) {
      try stop.check()
      let rows = Array(first..<min(first + NearestFit.blockRows, measured.count))
      let products = algebra.product(
        measured.rows(rows).matrix, features.matrix, transposingSecond: true)
      let found = AlignedBuffer<Int32>(count: rows.count)
      algebra.pool.run(rows.count) { row, _ in
        found.start[row] = Int32(
          vote(products.row(row), square: own[first + row], neighbours: neighbours))
      }
      predictions += found.values.map(Int.init)
    }
    return predictions
  }

  private func vote(
    _ products: UnsafeMutablePointer<Double>, square: Double, neighbours: Int
  ) -> Int {
    // The nearest so far, by ascending distance.
    var nearest: [(distance: Double, label: Int)] = []
    for index in 0..<features.count {
      let distance = square - 2 * products[index] + squares[index]
      if nearest.count == neighbours, let last = nearest.last, distance >= last.distance {
        continue
      }
      var place = nearest.count
      while place > 0, nearest[place - 1].distance > distance { place -= 1 }
      nearest.insert((distance, features.labels[index]), at: place)
      if nearest.count > neighbours { nearest.removeLast() }
    }
    var votes = [Int](repeating: 0, count: features.classes)
    for neighbour in nearest { votes[neighbour.label] += 1 }
    var best = 0
    for index in votes.indices where votes[index] > votes[best] { best = index }
    return best
  }
}
