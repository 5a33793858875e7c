extension StageMetrics {
  /// The name of an event file in the stage's folder; readers look for `tfevents` in it.
  package static let eventFileName = "events.out.tfevents.cambium"

  /// The stage's points as an event file.
  ///
  /// Tags are `loss`, `accuracy`, `rate` and `epoch` for the images trained on, and `validation/loss`,
  /// `test/accuracy`, `test/top5`, `test/score` and similar for others. Times are derived from the start and end in
  /// the stage's record, in proportion to the steps, so that the same results always produce the same file.
  package var events: [UInt8] {
    var file = EventFile(time: started)
    for point in points {
      let share = iterations > 0 ? min(Double(point.iteration) / Double(iterations), 1) : 1
      let prefix = point.subset == "train" ? "" : "\(point.subset)/"
      let isTraining = point.subset == "train" && point.rate != nil
      for (name, value) in [
        ("loss", point.loss), ("accuracy", point.accuracy), ("top5", point.top5),
        ("score", point.score), ("rate", point.rate), ("epoch", isTraining ? point.epoch : nil),
      ] {
        guard let value else { continue }
        file.add(
          prefix + name, value, step: point.iteration, time: started + seconds * share)
      }
    }
    return file.bytes
  }
}
