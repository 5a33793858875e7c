import Basics
import Definitions

/// Loss, accuracy and learning rate over a training run: `series.csv`.
package struct MetricSeries: Hashable, Sendable {
  /// Means over the steps since the previous point.
  package struct Point: Hashable, Sendable {
    /// Completed steps.
    package var iteration: Int
    /// Completed passes over the data.
    package var epoch: Double
    /// The learning rate of the last step.
    package var rate: Double
    /// Mean loss per image, each measured before its step.
    package var loss: Double
    /// Fraction of images classified correctly, measured likewise.
    package var accuracy: Double

    package init(iteration: Int, epoch: Double, rate: Double, loss: Double, accuracy: Double) {
      self.iteration = iteration
      self.epoch = epoch
      self.rate = rate
      self.loss = loss
      self.accuracy = accuracy
    }
  }

  /// A measurement made during training, as it appears in the series; `Measurements` has all of its values.
  package struct Measured: Hashable, Sendable {
    package var iteration: Int
    package var epoch: Double
    package var subset: Portion
    package var loss: Double
    package var accuracy: Double

    init(iteration: Int, epoch: Double, subset: Portion, loss: Double, accuracy: Double) {
      self.iteration = iteration
      self.epoch = epoch
      self.subset = subset
      self.loss = loss
      self.accuracy = accuracy
    }

    init(_ measurement: Measurement) {
      self.init(
        iteration: measurement.iteration, epoch: measurement.epoch, subset: measurement.subset,
        loss: measurement.loss, accuracy: measurement.top1)
    }
  }

  package var points: [Point]
  /// In order.
  package var measured: [Measured]

  /// The number of steps that the last point is a mean over; `nil` if there is none.
  package var lastSteps: Int? {
    points.last.map { $0.iteration - (points.dropLast().last?.iteration ?? 0) }
  }

  package init(points: [Point], measurements: [Measurement] = []) {
    self.points = points
    measured = measurements.map { Measured($0) }
  }
}

// MARK: - Comma-separated values

extension MetricSeries: ResultFile {
  package static let file = ArtifactFile("series.csv")

  private static let columns = ["iteration", "epoch", "rate", "loss", "accuracy"]
  /// The last column, present if there are measurements.
  private static let subsetColumn = "subset"

  package var contents: [UInt8] { Array(csv.utf8) }

  /// One line per point. If there are measurements, a last column states the subset of each line, and measured lines
  /// have no rate.
  private var csv: String {
    var text = MetricSeries.columns.joined(separator: ",")
    guard !measured.isEmpty else {
      return text + "\n" + points.map { "\($0.csv)\n" }.joined()
    }
    text += ",\(MetricSeries.subsetColumn)\n"
    var rest = measured[...]
    for point in points {
      while let next = rest.first, next.iteration < point.iteration {
        text += "\(next.csv)\n"
        rest.removeFirst()
      }
      text += "\(point.csv),\(Portion.train.rawValue)\n"
    }
    return text + rest.map { "\($0.csv)\n" }.joined()
  }

  package init(contents: [UInt8]) throws(DiagnosticError) {
    let lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { line in
        line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
          .map { String(decoding: $0, as: UTF8.self) }
      }
    let columns = MetricSeries.columns
    let heading = lines[0]
    guard heading == columns || heading == columns + [MetricSeries.subsetColumn] else {
      throw DiagnosticError("it has other columns than \(columns.joined(separator: ", "))")
    }
    self.init(points: [])
    // The text after the last line break is not a line.
    guard lines.last == [""] else { throw DiagnosticError("its last line is cut off") }
    for (number, fields) in lines.enumerated().dropFirst().dropLast() {
      guard fields.count == heading.count, read(fields) else {
        throw DiagnosticError("line \(number + 1) is not a point of a series")
      }
    }
  }

  /// Reads the fields of a line; `false` if they are not a point.
  private mutating func read(_ fields: [String]) -> Bool {
    guard let iteration = Int(fields[0]), 0...Int(Int32.max) ~= iteration,
      let epoch = Double(fields[1]), let loss = Double(fields[3]), let accuracy = Double(fields[4])
    else { return false }
    let subset = fields.count > 5 ? Portion(rawValue: fields[5]) : .train
    guard let subset else { return false }
    if fields[2].isEmpty {
      measured.append(
        Measured(
          iteration: iteration, epoch: epoch, subset: subset, loss: loss, accuracy: accuracy))
      return fields.count > 5
    }
    guard let rate = Double(fields[2]), subset == .train else { return false }
    points.append(
      Point(iteration: iteration, epoch: epoch, rate: rate, loss: loss, accuracy: accuracy))
    return true
  }
}

extension MetricSeries.Point {
  fileprivate var csv: String { "\(iteration),\(epoch),\(rate),\(loss),\(accuracy)" }
}

extension MetricSeries.Measured {
  fileprivate var csv: String { "\(iteration),\(epoch),,\(loss),\(accuracy),\(subset.rawValue)" }
}
