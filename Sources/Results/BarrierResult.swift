import ArtifactStore
import Basics
import Definitions

/// Loss and accuracy of the networks on the line between two trained ones.
package struct BarrierResult: Hashable, Sendable {
  package struct Point: Hashable, Sendable {
    /// 0 at the first network, 1 at the second.
    package var position: Double
    package var score: TrialScore

    package init(position: Double, score: TrialScore) {
      self.position = position
      self.score = score
    }
  }

  /// The largest distance from the straight line between the values at both ends, where the network is worse than it,
  /// and where that is.
  package struct Height: Hashable, Sendable {
    package var height: Double
    package var position: Double

    package init(height: Double, position: Double) {
      self.height = height
      self.position = position
    }
  }

  /// By ascending position, both ends included.
  package let points: [Point]

  /// `nil` for fewer than two points, or points in another order.
  package init?(_ points: [Point]) {
    guard points.count >= 2, points.first?.position == 0, points.last?.position == 1,
      zip(points, points.dropFirst()).allSatisfy({ $0.position < $1.position })
    else { return nil }
    self.points = points
  }

  /// How far the loss rises above the line between those at both ends (Frankle et al. 2020); 0 if it does not, `nil` if
  /// a loss is not finite.
  package var loss: Height? { height { $0.loss } }

  /// How far the accuracy falls below the line between those at both ends.
  package var accuracy: Height? { height { -$0.top1 } }

  private func height(_ value: (TrialScore) -> Double?) -> Height? {
    guard let first = value(points[0].score), let last = value(points[points.count - 1].score)
    else { return nil }
    var highest = Height(height: 0, position: 0)
    for point in points {
      guard let own = value(point.score) else { return nil }
      let height = own - ((1 - point.position) * first + point.position * last)
      if height > highest.height { highest = Height(height: height, position: point.position) }
    }
    return highest
  }
}

extension BarrierResult: RecordedResult {
  /// `{"images", "loss-barrier", "accuracy-barrier", "points": [{"position", "top1", "loss"}]}`; the barriers follow from
  /// the points, and are there to be found.
  package var metrics: Value {
    [
      "images": .integer(points[0].score.images),
      "loss-barrier": loss.map { .number($0.height) } ?? .null,
      "accuracy-barrier": accuracy.map { .number($0.height) } ?? .null,
      "points": .list(
        points.map { point in
          var entries = point.score.value.asMap ?? [:]
          entries["position"] = .number(point.position)
          return .map(entries)
        }),
    ]
  }

  package func words(in record: StageRecord) -> [String] {
    let subset = record.measuredSubset.map { "\($0.rawValue) " } ?? ""
    func place(_ height: Height) -> String { " at \(fixed(height.position, decimals: 2))" }
    var lines: [String] = []
    switch loss {
    case nil: lines.append("the loss is not finite everywhere on the line")
    case let height? where height.height == 0: lines.append("no loss barrier")
    case let height?:
      lines.append("loss barrier \(fixed(height.height, decimals: 4))\(place(height))")
    }
    if let height = accuracy, height.height > 0 {
      lines[0] +=
        ", accuracy barrier \(fixed(100 * height.height, decimals: 1)) points\(place(height))"
    }
    lines[0] += " on \(counted(points[0].score.images, "\(subset)image"))"
    // These are not the scores of evaluations then.
    let again =
      record.settings["statistics"]?.asString == NormMeasurement.measured.rawValue
      ? ", with statistics measured again" : ""
    for (name, point) in [("first", points[0]), ("second", points[points.count - 1])] {
      lines.append("\(name) network\(again): \(point.score.words)")
    }
    let middle = points[points.count / 2]
    lines.append("at \(fixed(middle.position, decimals: 2)): \(middle.score.words)")
    return lines
  }

  package init?(metrics: Value) {
    guard let images = metrics["images"]?.asCount,
      let points = metrics["points"]?.elements({ value -> Point? in
        guard let position = value["position"]?.double,
          let score = TrialScore(value, images: images)
        else { return nil }
        return Point(position: position, score: score)
      })
    else { return nil }
    self.init(points)
  }
}
