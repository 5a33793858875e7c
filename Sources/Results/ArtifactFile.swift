import ArtifactStore
import Basics
import SystemPackage

/// A file of a stage's artifact, identified by its name.
///
/// The content is defined elsewhere: each text file has a `ResultFile` type; weights have the engine's format, packed
/// images that of the datasets.
package struct ArtifactFile: Hashable, Sendable {
  package let name: String

  package init(_ name: String) { self.name = name }
}

extension ArtifactFile {
  // Prepare stages.
  package static let packedImages = ArtifactFile("images.packed")

  // Stages that train: safetensors, except for the steps.
  package static let weights = ArtifactFile("weights.safetensors")
  /// In a checkpoint, the best weights so far, if training keeps them.
  package static let keptWeights = ArtifactFile("kept-weights.safetensors")
  /// The mean that is subtracted from images.
  package static let mean = ArtifactFile("mean.safetensors")
  /// A buffer of the update rule, by its name (`momentum`). Together with weights, steps and measurements, it is what
  /// a longer training run resumes from.
  package static func state(_ buffer: String) -> ArtifactFile {
    ArtifactFile("\(buffer).safetensors")
  }
  /// The loss, correct predictions and images of every step.
  package static let steps = ArtifactFile("steps.bin")

  // Report stages.
  /// The report as shown in a terminal.
  package static let reportText = ArtifactFile("accuracy.txt")
  package static let reportPage = ArtifactFile("report.html")
  /// Each run's design and result.
  package static let reportRuns = ArtifactFile("runs.csv")
  package static let reportRunsDocument = ArtifactFile("runs.json")
  package static let reportMeans = ArtifactFile("means.csv")
  package static let reportContrasts = ArtifactFile("contrasts.csv")
  package static let reportAnalysis = ArtifactFile("analysis.json")
}

extension StoredArtifact {
  /// The path of one of the artifact's files; `nil` if it has no file of that name.
  package subscript(file: ArtifactFile) -> FilePath? { files[file.name] }

  /// The recorded digest of one of the artifact's files; `nil` if it has no file of that name.
  package func digest(of file: ArtifactFile) -> Fingerprint? { record.outputs[file.name]?.digest }
}
