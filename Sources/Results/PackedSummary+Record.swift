import ArtifactStore
import Basics
import Definitions

// MARK: - In words

extension PackedSummary {
  /// `2 of 12 images skipped (1 for training, 1 for testing)`; `nil` if there were none.
  package var skippedText: String? {
    guard !skipped.isEmpty else { return nil }
    let packed = (trainCounts + testCounts).reduce(0, +)
    // Records of early versions have no reasons, and do not count by subset.
    let subsets =
      reasons.isEmpty
      ? "" : " (\(skippedTraining) for training, \(skipped.count - skippedTraining) for testing)"
    return "\(skipped.count) of \(packed + skipped.count) images skipped\(subsets)"
  }

  /// Remarks on the preparation, one per line: skipped images, ignored files, and images that other tools decode
  /// differently.
  package var remarks: [String] {
    var lines: [String] = []
    if let skippedText {
      let examples = zip(skipped, reasons).prefix(3).map { "'\($0)': \($1)" }
      let list = examples.isEmpty ? skipped.prefix(3).map { "'\($0)'" } : examples
      lines.append(
        "\(skippedText): \(list.joined(separator: "; "))"
          + (skipped.count > list.count ? "; …" : ""))
    }
    if !passedOver.isEmpty {
      let files = passedOver.count == 1 ? "1 file" : "\(passedOver.count) files"
      lines.append(
        "\(files) ignored (system files and notes): "
          + passedOver.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
          + (passedOver.count > 3 ? ", …" : ""))
    }
    return lines + ImageTrait.allCases.compactMap { trait in traits[trait].map(trait.remark) }
  }
}

extension PackedSummary: RecordedResult {
  /// `{"classes", "train", "test", "channels", "height", "width", "skipped", "skipped-training", "reasons",
  /// "passed-over", "traits"}`; records of early versions lack the last four.
  package var metrics: Value {
    [
      "classes": .list(classes.map(Value.string)),
      "train": .list(trainCounts.map(Value.integer)),
      "test": .list(testCounts.map(Value.integer)),
      "channels": .integer(channels), "height": .integer(height), "width": .integer(width),
      "skipped": .list(skipped.map(Value.string)),
      "skipped-training": .integer(skippedTraining),
      "reasons": .list(reasons.map(Value.string)),
      "passed-over": .list(passedOver.map(Value.string)), "traits": ImageTrait.value(of: traits),
    ]
  }

  package func words(in record: StageRecord) -> [String] {
    [
      "\(counted(trainCounts.reduce(0, +), "training image")) and "
        + "\(counted(testCounts.reduce(0, +), "test image")) of "
        + "\(counted(classes.count, "class", plural: "classes")), \(channels)×\(height)×\(width)"
    ]
  }

  package init?(metrics: Value) {
    guard let classes = metrics["classes"]?.elements(\.asString),
      let train = metrics["train"]?.elements(\.asCount),
      let test = metrics["test"]?.elements(\.asCount),
      train.count == classes.count, test.count == classes.count,
      let channels = metrics["channels"]?.asCount, let height = metrics["height"]?.asCount,
      let width = metrics["width"]?.asCount, let skipped = metrics["skipped"]?.elements(\.asString),
      let skippedTraining = (metrics["skipped-training"] ?? 0).asCount,
      let reasons = (metrics["reasons"] ?? []).elements(\.asString),
      let passedOver = (metrics["passed-over"] ?? []).elements(\.asString),
      let traits = ImageTrait.counts(metrics["traits"] ?? [:])
    else { return nil }
    self.init(
      classes: classes, trainCounts: train, testCounts: test, channels: channels, height: height,
      width: width, skipped: skipped, skippedTraining: skippedTraining, reasons: reasons,
      passedOver: passedOver, traits: traits)
  }
}
