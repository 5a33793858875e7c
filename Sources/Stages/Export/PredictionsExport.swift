import ArtifactStore
import Basics
import Datasets
import Definitions
import Engine
import Glibc
import Planning
import Results
import SystemPackage

/// The scores of every image that an evaluation measures, for other programs.
package struct PredictionsExport {
  /// What is written of an image's scores.
  package enum Content: String, CaseIterable, Sendable {
    /// As the last layer gives them.
    case scores
    /// After softmax.
    case probabilities
  }

  private let work: EvaluateWork
  private let scoring: Scoring
  private let names: FeatureImages

  /// - Parameters:
  ///   - work: the evaluation.
  ///   - data: the artifact of the stage that prepares its images.
  ///   - network: that of the training that it measures. The contents of both have been verified.
  /// - Throws: `DiagnosticError` where one is not what such a stage leaves, or memory is short.
  package init(
    _ work: EvaluateWork, data: StoredArtifact, network: StoredArtifact, on device: any Device,
    threads: Int
  ) throws {
    func path(_ file: ArtifactFile, of artifact: StoredArtifact) throws -> FilePath {
      guard let path = artifact[file] else {
        throw DiagnosticError(
          "the result of stage '\(artifact.record.stage)' has no '\(file.name)'")
      }
      return path
    }
    self.work = work
    let dataset = try PackedDataset(path(.packedImages, of: data))
    let examples = try dataset.examples(
      work.subset, classes: work.classes, holdOut: work.holdOut)
    guard examples.count > 0 else {
      throw DiagnosticError(
        "the \(work.subset.rawValue) subset has no images of the task's classes")
    }
    names = FeatureImages(
      classes: work.classes, subset: work.subset, labels: examples.labels.map(Int.init),
      positions: try dataset.positions(of: examples, in: work.subset, classes: work.classes))
    scoring = try Scoring(
      work, examples, of: dataset, mean: MeanImage(Weights(contentsOf: path(.mean, of: network))),
      on: device, threads: threads)
    try scoring.network.load(Weights(contentsOf: path(.weights, of: network)))
  }

  /// The number of images.
  package var images: Int { scoring.images }

  /// Passes the predictions to `body`, batch by batch, in the order of the prepared images: class by class, and in a
  /// class by name.
  ///
  /// - Throws: `Interrupted`; what `body` throws.
  package func forEachBatch(
    _ content: Content, unless stop: StopCheck, _ body: ([Prediction]) throws -> Void
  ) throws {
    var first = 0
    try scoring.forEachBatch(unless: stop) { batch in
      try body(
        batch.labels.indices.map { index in
          Prediction(
            image: first + index, name: names.name(of: first + index),
            label: Int(batch.labels[index]),
            predicted: batch.prediction(ofImage: index),
            values: content.values(batch.scores(ofImage: index)))
        })
      first += batch.labels.count
    }
  }
}

extension PredictionsExport.Content {
  fileprivate func values(_ scores: ArraySlice<Float>) -> [Float] {
    guard self == .probabilities, let largest = scores.max() else { return Array(scores) }
    // Less the largest, so that no power overflows.
    let powers = scores.map { exp(Double($0) - Double(largest)) }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
  }
}
