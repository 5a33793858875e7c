import ArtifactStore
import Basics

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
  /// Reads what a training left.
  ///
  /// - Parameters:
  ///   - series: its `series.csv`.
  ///   - measurements: its `measurements.json`; `nil` where nothing was measured meanwhile.
  /// - Throws: `DiagnosticError` where they cannot be understood.
  package init(
    training record: StageRecord, named stage: String, series: [UInt8], measurements: [UInt8]?
  ) throws(DiagnosticError) {
    self.init(stage: stage, kind: record.kind, points: [], record, iterations: 0)
    var trained = try StageMetrics.points(ofSeries: series, stage)[...]
    iterations = record.metrics["iterations"]?.asInteger ?? trained.last?.iteration ?? 0
    for measured in try StageMetrics.points(ofMeasurements: measurements, stage) {
      while let next = trained.first, next.iteration <= measured.iteration {
        points.append(trained.removeFirst())
      }
      points.append(measured)
    }
    points += trained
  }

  private init(
    stage: String, kind: String, points: [Point], _ record: StageRecord, iterations: Int
  ) {
    self.stage = stage
    self.kind = kind
    self.points = points
    self.iterations = iterations
    started = record.started
    seconds = record.seconds
  }

  /// The lines that tell of the training itself; the others are in the measurements, in full.
  private static func points(
    ofSeries bytes: [UInt8], _ stage: String
  ) throws(DiagnosticError) -> [Point] {
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { line in
      line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    }
    let columns = ["iteration", "epoch", "rate", "loss", "accuracy"]
    guard let heading = lines.first, heading == columns || heading == columns + ["subset"] else {
      throw unreadable(stage)
    }
    var points: [Point] = []
    for line in lines.dropFirst() where line.count == 5 || line.last == "train" {
      guard line.count == heading.count, let iteration = Int(line[0]),
        let epoch = Double(line[1]), let rate = Double(line[2]), let loss = Double(line[3]),
        let accuracy = Double(line[4])
      else { throw unreadable(stage) }
      points.append(
        Point(
          iteration: iteration, epoch: epoch, subset: "train", rate: rate, loss: loss,
          accuracy: accuracy))
    }
    return points
  }

  private static func points(
    ofMeasurements bytes: [UInt8]?, _ stage: String
  ) throws(DiagnosticError) -> [Point] {
    guard let bytes else { return [] }
    guard let list = (try? Value(json: bytes))?["measurements"]?.asList else {
      throw unreadable(stage)
    }
    var points: [Point] = []
    for value in list {
      guard let iteration = value["iteration"]?.asInteger, let subset = value["subset"]?.asString
      else { throw unreadable(stage) }
      points.append(
        Point(
          iteration: iteration, epoch: value["epoch"]?.double, subset: subset,
          loss: value["loss"]?.double, accuracy: value["top1"]?.double,
          top5: value["top5"]?.double, images: value["images"]?.asInteger))
    }
    return points
  }

  private static func unreadable(_ stage: String) -> DiagnosticError {
    DiagnosticError("what was measured in stage '\(stage)' cannot be read")
  }
}

// MARK: - Evaluations

extension StageMetrics {
  /// Reads what an evaluation found out.
  ///
  /// - Parameters:
  ///   - network: the record of the training that made what was evaluated; `nil` where it is not there any
  ///     more.
  /// - Throws: `DiagnosticError` where the record lacks the accuracy.
  package init(
    evaluation record: StageRecord, named stage: String, of network: StageRecord?
  ) throws(DiagnosticError) {
    let metrics = record.metrics
    guard let accuracy = metrics["top1"]?.double else { throw StageMetrics.unreadable(stage) }
    let iterations = network?.metrics["iterations"]?.asInteger ?? 0
    let point = Point(
      iteration: iterations, subset: record.settings["subset"]?.asString ?? "test",
      loss: metrics["loss"]?.double, accuracy: accuracy, top5: metrics["top5"]?.double,
      score: metrics["score"]?.double, images: metrics["images"]?.asInteger)
    self.init(
      stage: stage, kind: record.kind, points: [point], record, iterations: iterations)
  }
}
