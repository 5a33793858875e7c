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
  var momentum: Weights
  var steps: StepLog
  var measurements: [Measurement]

  /// Reads the files of a checkpoint, which a finished artifact has among its own; `nil` where they are not those of a state.
  init?(_ files: [String: FilePath], _ fileSystem: any FileSystem) throws {
    guard let weights = files[ArtifactFile.weights.name],
      let momentum = files[ArtifactFile.momentum.name],
      let stepsPath = files[ArtifactFile.steps.name],
      let steps = StepLog(try fileSystem.read(stepsPath))
    else { return nil }
    self.weights = try Weights(contentsOf: weights)
    self.momentum = try Weights(contentsOf: momentum)
    self.steps = steps
    measurements =
      try files[Measurements.file.name].map {
        try Measurements(contents: fileSystem.read($0)).all
      } ?? []
  }

  /// Whether the state is one of this training: its parameters have the shapes of the network's, and those that
  /// learn have a momentum.
  func fits(_ work: TrainWork) throws -> Bool {
    let learning = Set(work.layers.filter { $0.verb.state == .learning }.map(\.layer))
    return try work.network.parameters().allSatisfy { parameter in
      guard weights[parameter.name]?.shape == parameter.shape else { return false }
      let moves = learning.contains(parameter.layer) && parameter.role != .statistic
      return !moves || momentum[parameter.name]?.shape == parameter.shape
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
    let digests = [
      ArtifactFile.weights.name: try net.weights().write(to: path(.weights)),
      ArtifactFile.momentum.name: try net.momentum().write(to: path(.momentum)),
    ]
    try fileSystem.write(steps.bytes, to: path(.steps))
    if !measurements.isEmpty {
      try fileSystem.write(
        Measurements(measurements).value.json() + "\n", to: path(Measurements.file))
    }
    return digests
  }
}
