import ArtifactStore
import Basics
import Engine
import Results
import SystemPackage

/// Writes the activations that a features stage keeps for other programs.
package struct FeaturesExport {
  package enum Format: String, CaseIterable, Sendable {
    case safetensors, npy
  }

  private let stage: String
  private let artifact: StoredArtifact

  /// - Parameter artifact: of the stage, with contents that have been verified.
  package init(_ stage: String, _ artifact: StoredArtifact) {
    self.stage = stage
    self.artifact = artifact
  }

  /// Writes `STAGE.safetensors` with a tensor for each layer, or `STAGE.LAYER.npy` for each layer and `STAGE.labels.npy`;
  /// and `STAGE.images.csv` with the name, label and class of each row's image.
  ///
  /// - Parameter table: the text of the last one.
  /// - Returns: the files that were written.
  /// - Throws: `DiagnosticError` where the artifact lacks a file, or one cannot be written.
  package func write(
    to folder: FilePath, as format: Format, table: (FeatureImages) -> [UInt8],
    _ fileSystem: any FileSystem
  ) throws -> [FilePath] {
    guard let features = artifact[.features],
      let images = try artifact.result(FeatureImages.self, from: fileSystem)
    else { throw DiagnosticError("the result of stage '\(stage)' lacks a file") }
    var written: [FilePath] = []
    func write(_ bytes: [UInt8], as name: String) throws {
      let path = folder.appending(name)
      try fileSystem.write(bytes, to: path)
      written.append(path)
    }
    switch format {
    case .safetensors:
      let path = folder.appending("\(stage).safetensors")
      let temporary = TemporaryFiles.newPath(beside: path)
      do {
        try fileSystem.copy(features, to: temporary)
        try fileSystem.move(temporary, to: path)
      } catch {
        try? fileSystem.remove(temporary)
        throw error
      }
      written.append(path)
    case .npy:
      try SafetensorsFile.withFile(at: features, on: fileSystem) { file in
        for (name, shape) in file.shapes.sorted(by: { $0.key < $1.key }) {
          let values = try file.numbers(of: name)
          try write(
            NumPyHeader(.float32, shape: shape).bytes + littleEndian(values.map(\.bitPattern)),
            as: "\(stage).\(name).npy")
        }
      }
      let labels = images.labels.map { UInt32($0) }
      try write(
        NumPyHeader(.int32, shape: [labels.count]).bytes + littleEndian(labels),
        as: "\(stage).labels.npy")
    }
    try write(table(images), as: "\(stage).images.csv")
    return written
  }

  private func littleEndian(_ words: [UInt32]) -> [UInt8] {
    words.map(\.littleEndian).withUnsafeBytes { Array($0) }
  }
}
