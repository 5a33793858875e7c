import ArtifactStore
import Basics
import Definitions
import Results

/// What was measured in one finished stage, point by point.
package struct StageMetrics: Sendable {
  /// Something that was measured at one moment of a training; whatever is `nil` was not.
  package struct Point: Hashable, Sendable {
    /// Steps made.
    package var iteration: Int
    /// Passes over the data made.
    package var epoch: Double?
    /// On which images: `train` while training on them, `validation`, `test`.
    package var subset: String
    package var rate: Double?
    /// Mean loss of an image.
    package var loss: Double?
    /// Fractions of images classified rightly, and with the right class among five.
    package var accuracy: Double?
    package var top5: Double?
    /// What the stage's score is taken to be, where that is not the accuracy.
    package var score: Double?
    /// How many images; `nil` for means over the steps since the point before.
    package var images: Int?
  }

  package var stage: String
  package var kind: String
  package var points: [Point]
  /// When the stage began, in seconds since 1970, and how long it took.
  package var started: Double
  package var seconds: Double
  /// The steps of the training.
  package var iterations: Int
}

// MARK: - Trainings

extension StageMetrics {
  /// What a training run has left.
  ///
  /// - Parameter measurements: those made during training, in order.
  /// - Throws: `DiagnosticError` where the record gives no iterations.
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
  /// What an evaluation has found out.
  ///
  /// - Parameters:
  ///   - network: the record of the training run that made what was evaluated; `nil` where it is not there any
  ///     more.
  /// - Throws: `DiagnosticError` where a record has no results that can be read.
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
