import ArtifactStore
import Basics
import SystemPackage

/// A file of a stage's artifact, known by the name under which the artifact holds it.
///
/// What is in a file is another file's business: values that are text have a `ResultFile` type each; weights are the
/// engine's format, packed images that of the datasets.
package struct ArtifactFile: Hashable, Sendable {
  package let name: String

  package init(_ name: String) { self.name = name }
}

extension ArtifactFile {
  // Of prepare stages.
  package static let packedImages = ArtifactFile("images.packed")

  // Of stages that train: safetensors, but for the steps.
  package static let weights = ArtifactFile("weights.safetensors")
  /// What is subtracted from images.
  package static let mean = ArtifactFile("mean.safetensors")
  /// A buffer of the update rule, by its name (`momentum`): with weights, steps and measurements, what a longer training
  /// run resumes from.
  package static func state(_ buffer: String) -> ArtifactFile {
    ArtifactFile("\(buffer).safetensors")
  }
  /// The loss, hits and images of every step.
  package static let steps = ArtifactFile("steps.bin")

  // Of report stages.
  /// What a terminal shows of a report.
  package static let reportText = ArtifactFile("accuracy.txt")
  package static let reportPage = ArtifactFile("report.html")
}

extension StoredArtifact {
  /// Where one of the artifact's files lies; `nil` where it has none of that name.
  package subscript(file: ArtifactFile) -> FilePath? { files[file.name] }

  /// The recorded digest of one of the artifact's files; `nil` where it has none of that name.
  package func digest(of file: ArtifactFile) -> Fingerprint? { record.outputs[file.name]?.digest }
}
