import ArtifactStore
import Basics
import Definitions
import Results

/// The measurements of one finished stage.
package struct StageMetrics: Sendable {
  /// A measurement at one moment of a training run; values that were not measured are `nil`.
  package struct Point: Hashable, Sendable {
    /// Completed steps.
    package var iteration: Int
    /// Completed passes over the data.
    package var epoch: Double?
    /// The images: `train` during training, `validation`, `test`.
    package var subset: String
    package var rate: Double?
    /// Mean loss per image.
    package var loss: Double?
    /// Fractions of images classified correctly, and with the correct class among the top five.
    package var accuracy: Double?
    package var top5: Double?
    /// The score of the stage, if it is not the accuracy.
    package var score: Double?
    /// The number of images; `nil` for means over the steps since the previous point.
    package var images: Int?
  }

  package var stage: String
  package var kind: String
  package var points: [Point]
  /// The start of the stage in seconds since 1970, and its duration.
  package var started: Double
  package var seconds: Double
  /// The steps of the training run.
  package var iterations: Int
}

// MARK: - Training runs

extension StageMetrics {
  /// The measurements of a training run.
  ///
  /// - Parameter measurements: those made during training, in order.
  /// - Throws: `DiagnosticError` if the record has no iterations.
  package init(
    training record: StageRecord, named stage: String, series: MetricSeries,
    measurements: [Measurement]
  ) throws(DiagnosticError) {
    self.init(
      stage: stage, record, iterations: try TrainingResult(of: record).iterations, points: [])
    var trained = series.points.map { Point($0) }[...]
    for measured in measurements {
      while let next = trained.first, next.iteration <= measured.iteration {
        points.append(trained.removeFirst())
      }
      points.append(Point(measured))
    }
    points += trained
  }

  private init(stage: String, _ record: StageRecord, iterations: Int, points: [Point]) {
    self.stage = stage
    self.points = points
    self.iterations = iterations
    kind = record.kind
    started = record.started
    seconds = record.seconds
  }
}

extension StageMetrics.Point {
  fileprivate init(_ point: MetricSeries.Point) {
    self.init(
      iteration: point.iteration, epoch: point.epoch, subset: Portion.train.rawValue,
      rate: point.rate, loss: point.loss, accuracy: point.accuracy)
  }

  fileprivate init(_ measurement: Measurement) {
    self.init(
      iteration: measurement.iteration, epoch: measurement.epoch,
      subset: measurement.subset.rawValue, loss: measurement.loss, accuracy: measurement.top1,
      top5: measurement.top5, images: measurement.images)
  }
}

// MARK: - Evaluations

extension StageMetrics {
  /// The result of an evaluation.
  ///
  /// - Parameters:
  ///   - network: the record of the training run of the evaluated network; `nil` if it no longer exists.
  /// - Throws: `DiagnosticError` if a record has no readable results.
  package init(
    evaluation record: StageRecord, named stage: String, of network: StageRecord?
  ) throws(DiagnosticError) {
    let result = try EvaluationResult(of: record)
    guard let subset = record.measuredSubset else {
      throw DiagnosticError("the record of stage '\(record.stage)' does not say what was measured")
    }
    var iterations = 0
    if let network { iterations = try TrainingResult(of: network).iterations }
    let point = Point(
      iteration: iterations, subset: subset.rawValue, loss: result.loss, accuracy: result.top1,
      top5: result.top5, score: result.score?.value, images: result.images)
    self.init(stage: stage, record, iterations: iterations, points: [point])
  }
}
