import Basics
import Definitions
import Kernels

/// Scores of transferability, from activations or class probabilities of the images of a task.
package struct TransferScores {
  private let algebra: LinearAlgebra

  package init(_ algebra: LinearAlgebra) { self.algebra = algebra }

  /// The score of some activations or, for measures that read them, of the scores of a network's last layer.
  ///
  /// - Throws: `DiagnosticError` if the numbers do not allow it.
  package func value(
    of score: TransferScore, _ features: LabelledFeatures
  ) throws(DiagnosticError) -> Double {
    do throws(LinearAlgebra.Failure) {
      return switch score {
      case .logme: try logEvidence(features)
      case .leep: expectedPrediction(features)
      case .nce: conditionalEntropy(features)
      case .hScore: try hScore(features)
      case .transrate: try transRate(features)
      }
    } catch {
      throw DiagnosticError("\(score.title) cannot be computed: \(error)")
    }
  }

  // MARK: - LogME

  /// The evidence of one class against the others, maximised over the precisions α of the weights and β of the noise (You et
  /// al. 2021, algorithm 1, with the published program's constant of 1e-5 in both denominators), per image, mean over the
  /// classes:
  ///
  /// D/2 log α + N/2 log β − ½ Σ log (α + βσ) − β/2 (r + ε) − α/2 (m² + ε) − N/2 log 2π
  private func logEvidence(_ features: LabelledFeatures) throws(LinearAlgebra.Failure) -> Double {
    let spectrum = try GramSpectrum(features.matrix, algebra)
    let targets = DoubleMatrix(rows: features.count, columns: features.classes)
    for (row, label) in features.labels.enumerated() { targets[row, label] = 1 }
    let coordinates = spectrum.coordinates(of: targets)
    let images = features.images
    let values = spectrum.values
    let (n, d) = (Double(features.count), Double(features.dimensions))
    // Directions that no value explains: their eigenvalues are 0.
    let zeros = d - Double(values.count)
    let small = 1e-5
    var sum = 0.0
    for index in 0..<features.classes {
      let squares = values.indices.map { coordinates[$0, index] * coordinates[$0, index] }
      var explained = 0.0
      for (value, square) in zip(values, squares) where value > 0 { explained += square }
      let rest = max(0, Double(images[index]) - explained)
      var (alpha, beta) = (1.0, 1.0)
      var weights = 0.0, residual = 0.0
      for _ in 0..<LogME.mostIterations {
        let ratio = alpha / beta
        var gamma = 0.0
        weights = 0
        residual = rest
        for (value, square) in zip(values, squares) where value > 0 {
          gamma += value / (value + ratio)
          let share = 1 / (value + ratio)
          weights += value * square * share * share
          residual += square * (ratio * share) * (ratio * share)
        }
        alpha = gamma / (weights + small)
        beta = (n - gamma) / (residual + small)
        if (alpha / beta - ratio).magnitude <= LogME.tolerance * ratio { break }
      }
      var logs = zeros * ElementaryFunctions.log(alpha)
      for value in values { logs += ElementaryFunctions.log(alpha + beta * value) }
      let evidence =
        d / 2 * ElementaryFunctions.log(alpha) + n / 2 * ElementaryFunctions.log(beta) - logs / 2
        - beta / 2 * (residual + small) - alpha / 2 * (weights + small) - n / 2
        * ElementaryFunctions.log(2 * Double.pi)
      sum += evidence / n
    }
    return sum / Double(features.classes)
  }

  private enum LogME {
    /// Of the ratio of the precisions, relative.
    static let tolerance = 1e-10
    static let mostIterations = 1000
  }

  // MARK: - LEEP and NCE

  /// Class probabilities of each image, from the scores.
  private func probabilities(_ scores: LabelledFeatures) -> DoubleMatrix {
    let result = DoubleMatrix(rows: scores.count, columns: scores.dimensions)
    for row in 0..<scores.count {
      let (values, target) = (scores.matrix.row(row), result.row(row))
      var greatest = -Double.infinity
      for column in 0..<scores.dimensions { greatest = max(greatest, values[column]) }
      var sum = 0.0
      for column in 0..<scores.dimensions {
        target[column] = ElementaryFunctions.exp(values[column] - greatest)
        sum += target[column]
      }
      for column in 0..<scores.dimensions { target[column] /= sum }
    }
    return result
  }

  /// 1/N Σ log Σ_z P(y | z) θ(x)_z, with P(y, z) the mean of θ(x)_z over the images, those of label y.
  private func expectedPrediction(_ scores: LabelledFeatures) -> Double {
    let probabilities = probabilities(scores)
    // Labels × source classes.
    let joint = scores.sums(of: probabilities)
    var totals = [Double](repeating: 0, count: scores.dimensions)
    for label in 0..<scores.classes {
      for source in totals.indices { totals[source] += joint[label, source] }
    }
    var sum = 0.0
    for (row, label) in scores.labels.enumerated() {
      var likelihood = 0.0
      for source in totals.indices where totals[source] > 0 {
        likelihood += joint[label, source] / totals[source] * probabilities[row, source]
      }
      sum += ElementaryFunctions.log(likelihood)
    }
    return sum / Double(scores.count)
  }

  /// Σ P(y, z) log P(y | z), with z the class that the network predicts.
  private func conditionalEntropy(_ scores: LabelledFeatures) -> Double {
    var joint = [[Int]](
      repeating: Array(repeating: 0, count: scores.classes), count: scores.dimensions)
    for (row, label) in scores.labels.enumerated() {
      let values = scores.matrix.row(row)
      var best = 0
      for column in 0..<scores.dimensions where values[column] > values[best] { best = column }
      joint[best][label] += 1
    }
    var sum = 0.0
    for counts in joint {
      let total = Double(counts.reduce(0, +))
      for count in counts where count > 0 {
        sum += Double(count) * ElementaryFunctions.log(Double(count) / total)
      }
    }
    return sum / Double(scores.count)
  }

  // MARK: - H-score and TransRate

  /// tr(cov(f)⁻¹ cov(E[f | y])). Directions in which the activations do not vary are left out.
  private func hScore(_ features: LabelledFeatures) throws(LinearAlgebra.Failure) -> Double {
    let centred = features.centred
    let spectrum = try GramSpectrum(centred, algebra)
    // Σ over the images of a class, by the root of their number: the coordinates of these in the singular vectors are the
    // share of the variance that is between classes.
    let indicators = DoubleMatrix(rows: features.count, columns: features.classes)
    let images = features.images
    for (row, label) in features.labels.enumerated() {
      indicators[row, label] = 1 / Double(images[label]).squareRoot()
    }
    let coordinates = spectrum.coordinates(of: indicators)
    let least = (spectrum.values.last ?? 0) * 1e-12
    var sum = 0.0
    for (row, value) in spectrum.values.enumerated() where value > least {
      for index in 0..<features.classes { sum += coordinates[row, index] * coordinates[row, index] }
    }
    return sum
  }

  /// R(f) − mean over the classes of R(f | y), where R(f) = ½ log det (1 + fᵀf / (nε)), with ε = 1e-4 and f less its mean
  /// over all images.
  private func transRate(_ features: LabelledFeatures) throws(LinearAlgebra.Failure) -> Double {
    let centred = LabelledFeatures(
      features.centred, labels: features.labels, classes: features.classes)
    var sum = 0.0
    for index in 0..<features.classes {
      let rows = centred.labels.indices.filter { centred.labels[$0] == index }
      if !rows.isEmpty { sum += try codingRate(centred.rows(rows).matrix) }
    }
    return try codingRate(centred.matrix) - sum / Double(features.classes)
  }

  private func codingRate(_ matrix: DoubleMatrix) throws(LinearAlgebra.Failure) -> Double {
    let precision = 1e-4
    let product =
      matrix.columns <= matrix.rows
      ? algebra.product(matrix, matrix, transposingFirst: true)
      : algebra.product(matrix, matrix, transposingSecond: true)
    let scale = 1 / (Double(matrix.rows) * precision)
    for row in 0..<product.rows {
      for column in 0..<product.columns { product[row, column] *= scale }
      product[row, row] += 1
    }
    return try algebra.logDeterminant(overwriting: product) / 2
  }
}
