import ArtifactStore
import Basics
import Definitions
import Engine
import Planning
import Results
import SystemPackage

/// All that a training needs to go on, and to end as if it had never been interrupted.
struct TrainingState {
  var weights: Weights
  /// What the update rule remembers, by name.
  var buffers: [String: Weights]
  var steps: StepLog
  var measurements: [Measurement]

  /// Reads the files of a checkpoint, which a finished artifact has among its own; `nil` where they are not those of a
  /// state of a training by this rule.
  init?(
    _ files: [String: FilePath], _ rule: UpdateRule, _ fileSystem: any FileSystem
  ) throws {
    guard let weights = files[ArtifactFile.weights.name],
      let stepsPath = files[ArtifactFile.steps.name],
      let steps = StepLog(try fileSystem.read(stepsPath))
    else { return nil }
    self.weights = try Weights(contentsOf: weights)
    buffers = [:]
    for buffer in rule.buffers {
      guard let file = files[ArtifactFile.state(buffer).name] else { return nil }
      buffers[buffer] = try Weights(contentsOf: file)
    }
    self.steps = steps
    measurements =
      try files[Measurements.file.name].map {
        try Measurements(contents: fileSystem.read($0)).all
      } ?? []
  }

  /// Whether the state is one of this training: its parameters have the shapes of the network's, and those that
  /// learn have their place in every buffer.
  func fits(_ work: TrainWork) throws -> Bool {
    let treatments = Dictionary(uniqueKeysWithValues: work.layers.map { ($0.layer, $0) })
    return try work.network.parameters().allSatisfy { parameter in
      guard weights[parameter.name]?.shape == parameter.shape else { return false }
      guard let treatment = treatments[parameter.layer], parameter.learns(under: treatment) else {
        return true
      }
      return buffers.values.allSatisfy { $0[parameter.name]?.shape == parameter.shape }
    }
  }

  /// Writes the state of a training into a folder; one large thing in memory after the other.
  ///
  /// - Returns: the digests of the large files.
  static func write(
    _ net: any TrainableNetwork, steps: StepLog, measurements: [Measurement],
    to folder: FilePath, _ fileSystem: any FileSystem
  ) throws -> [String: FileDigest] {
    func path(_ file: ArtifactFile) -> FilePath { folder.appending(file.name) }
    var digests = [ArtifactFile.weights.name: try net.weights().write(to: path(.weights))]
    for buffer in net.stateBuffers {
      let file = ArtifactFile.state(buffer)
      digests[file.name] = try net.state(buffer).write(to: path(file))
    }
    try fileSystem.write(steps.bytes, to: path(.steps))
    if !measurements.isEmpty {
      try fileSystem.write(
        Measurements(measurements).value.json() + "\n", to: path(Measurements.file))
    }
    return digests
  }
}
