import ArtifactStore
import Basics
import Datasets
import Definitions
import Engine
import Planning
import Results
import SystemPackage

/// Writes a trained network for other programs: its weights as a safetensors file, and beside them what they need to
/// be used.
package struct WeightsExport {
  private let stage: String
  private let work: TrainWork
  private let artifact: StoredArtifact

  /// - Parameter artifact: of the stage that does `work`, with contents that have been verified.
  package init(_ stage: String, _ work: TrainWork, _ artifact: StoredArtifact) {
    self.stage = stage
    self.work = work
    self.artifact = artifact
  }

  /// Writes `STAGE.safetensors`, `STAGE.json` and, where a mean image is subtracted, `STAGE.mean.safetensors`.
  ///
  /// - Returns: the files that were written.
  /// - Throws: `DiagnosticError` where the artifact lacks a file, or one cannot be written.
  package func write(to folder: FilePath, _ fileSystem: any FileSystem) throws -> [FilePath] {
    let weights = try Weights(contentsOf: path(of: .weights), on: fileSystem)
    let mean = try MeanImage(Weights(contentsOf: path(of: .mean), on: fileSystem))
    let description = NetworkDescription(stage: stage, work: work, mean: mean)
    var written: [FilePath] = []
    func write(_ bytes: [UInt8], as name: String) throws {
      let path = folder.appending(name)
      try fileSystem.write(bytes, to: path)
      written.append(path)
    }
    let meanFile = description.needsMeanImage ? "\(stage).mean.safetensors" : nil
    try write(
      weights.safetensors(metadata: description.metadata(meanFile: meanFile)),
      as: "\(stage).safetensors")
    try write(
      Array((description.value(meanFile: meanFile).json(indented: true) + "\n").utf8),
      as: "\(stage).json")
    if let meanFile { try write(mean.weights.safetensors, as: meanFile) }
    return written
  }

  private func path(of file: ArtifactFile) throws -> FilePath {
    guard let path = artifact[file] else {
      throw DiagnosticError("the result of stage '\(stage)' has no '\(file.name)'")
    }
    return path
  }
}
