import ArtifactStore
import Basics
import Definitions
import Engine
import Planning
import Results
import SystemPackage

/// Everything that a training run needs to resume, and to end as if it had never been interrupted.
struct TrainingState {
  var weights: Weights
  /// The best weights so far, if they are kept.
  var kept: Weights?
  /// The buffers of the update rule, by name.
  var buffers: [String: Weights]
  var steps: StepLog
  var measurements: [Measurement]

  /// Reads the files of a checkpoint, which are also part of a finished artifact; `nil` if they are not a state of a
  /// training run with this rule.
  init?(
    _ files: [String: FilePath], _ rule: UpdateRule, _ fileSystem: any FileSystem
  ) throws {
    guard let weights = files[ArtifactFile.weights.name],
      let stepsPath = files[ArtifactFile.steps.name],
      let steps = StepLog(try fileSystem.read(stepsPath))
    else { return nil }
    self.weights = try Weights(contentsOf: weights, on: fileSystem)
    kept = try files[ArtifactFile.keptWeights.name].map {
      try Weights(contentsOf: $0, on: fileSystem)
    }
    buffers = [:]
    for buffer in rule.buffers {
      guard let file = files[ArtifactFile.state(buffer).name] else { return nil }
      buffers[buffer] = try Weights(contentsOf: file, on: fileSystem)
    }
    self.steps = steps
    measurements =
      try files[Measurements.file.name].map {
        try Measurements(contents: fileSystem.read($0)).all
      } ?? []
  }

  /// Whether the state belongs to this training run: its parameters have the shapes of the network's, those that
  /// learn are present in every buffer, and all values are finite, without which training would only diverge.
  ///
  /// - Parameters:
  ///   - perEpoch: steps per epoch.
  ///   - length: the total number of steps.
  func fits(_ work: TrainWork, perEpoch: Int, length: Int) throws -> Bool {
    let isMeasured = measurements.contains { $0.subset == .validation }
    let isKept =
      work.validation?.keep == .best && isMeasured
      || work.solver.averaged(after: steps.count, perEpoch: perEpoch, length: length) > 0
    guard (kept != nil) == isKept,
      ([weights] + buffers.values + (kept.map { [$0] } ?? [])).allSatisfy(\.isFinite)
    else { return false }
    let treatments = Dictionary(uniqueKeysWithValues: work.layers.map { ($0.layer, $0) })
    return try work.network.parameters().allSatisfy { parameter in
      guard weights[parameter.name]?.shape == parameter.shape,
        kept == nil || kept?[parameter.name]?.shape == parameter.shape
      else { return false }
      guard let treatment = treatments[parameter.layer], parameter.learns(under: treatment) else {
        return true
      }
      return buffers.values.allSatisfy { $0[parameter.name]?.shape == parameter.shape }
    }
  }

  /// Writes the state of a training run to a folder, with only one large item in memory at a time.
  ///
  /// - Returns: the digests of the large files.
  static func write(
    _ net: any TrainableNetwork, kept: Weights?, steps: StepLog, measurements: [Measurement],
    to folder: FilePath, _ fileSystem: any FileSystem
  ) throws -> [String: FileDigest] {
    func path(_ file: ArtifactFile) -> FilePath { folder.appending(file.name) }
    var digests = [
      ArtifactFile.weights.name: try net.weights().write(to: path(.weights), on: fileSystem)
    ]
    if let kept {
      digests[ArtifactFile.keptWeights.name] = try kept.write(
        to: path(.keptWeights), on: fileSystem)
    }
    for buffer in net.stateBuffers {
      let file = ArtifactFile.state(buffer)
      digests[file.name] = try net.state(buffer).write(to: path(file), on: fileSystem)
    }
    try fileSystem.draft(steps.bytes, at: path(.steps))
    if !measurements.isEmpty {
      try fileSystem.draft(Measurements(measurements).contents, at: path(Measurements.file))
    }
    return digests
  }
}
