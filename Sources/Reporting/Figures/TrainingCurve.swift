import Basics

/// Loss, accuracy and rate of one training by iteration.
package struct TrainingCurve: Sendable {
  package struct Point: Hashable, Sendable {
    package var iteration: Double
    package var value: Double

    package init(iteration: Double, value: Double) {
      self.iteration = iteration
      self.value = value
    }
  }

  package var label: String
  package var style: SeriesStyle
  /// While training, each the mean of an interval that is measured before its steps.
  package private(set) var loss: [Point] = []
  package private(set) var accuracy: [Point] = []
  package private(set) var rate: [Point] = []
  /// Measured on other images than those trained on.
  package private(set) var measuredLoss: [Point] = []
  package private(set) var measuredAccuracy: [Point] = []
  /// Lines that could not be understood.
  package private(set) var unreadable = 0

  /// Reads a training's `series.csv`: `iteration,epoch,rate,loss,accuracy` and, where something was measured
  /// meanwhile, `subset`.
  ///
  /// - Throws: `DiagnosticError` where the columns are others.
  package init(
    label: String, style: SeriesStyle, series: [UInt8]
  ) throws(DiagnosticError) {
    self.label = label
    self.style = style
    let lines = series.split(separator: UInt8(ascii: "\n"))
    let heading = lines.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard
      heading == "iteration,epoch,rate,loss,accuracy"
        || heading == "iteration,epoch,rate,loss,accuracy,subset"
    else { throw DiagnosticError("the training of '\(label)' left no series that can be read") }
    for line in lines.dropFirst() {
      let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      guard fields.count >= 5, let iteration = Double(fields[0]), iteration.isFinite else {
        unreadable += 1
        continue
      }
      func append(_ field: String, to points: inout [Point]) {
        guard let value = Double(field), value.isFinite else { return }
        points.append(Point(iteration: iteration, value: value))
      }
      if fields.count > 5, fields[5] != "train" {
        append(fields[3], to: &measuredLoss)
        append(fields[4], to: &measuredAccuracy)
      } else {
        append(fields[3], to: &loss)
        append(fields[4], to: &accuracy)
        append(fields[2], to: &rate)
      }
    }
  }

  /// The means of equal stretches of points, so that there are at most `limit` of them.
  package static func thinned(_ points: [Point], to limit: Int) -> [Point] {
    let stretch = (points.count + limit - 1) / max(limit, 1)
    guard stretch > 1 else { return points }
    return stride(from: 0, to: points.count, by: stretch).map { start in
      let part = points[start..<min(start + stretch, points.count)]
      let count = Double(part.count)
      return Point(
        iteration: part.reduce(0) { $0 + $1.iteration } / count,
        value: part.reduce(0) { $0 + $1.value } / count)
    }
  }
}
