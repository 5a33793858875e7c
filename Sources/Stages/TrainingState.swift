import ArtifactStore
import Basics
import Definitions
import Engine
import Planning
import SystemPackage

/// All that a training needs to go on, and to end as if it had never been interrupted.
struct TrainingState {
  var weights: Weights
  /// What the update rule remembers, by name.
  var buffers: [String: Weights]
  var steps: StepLog
  var measurements: [Measurement]

  /// The file of a buffer, which a finished artifact has among its own, as the next one.
  static func file(ofBuffer buffer: String) -> String { "\(buffer).safetensors" }
  static let stepsFile = "steps.bin"

  /// Reads the files of a checkpoint; `nil` where they are not those of a state of a training by this rule.
  init?(
    _ files: [String: FilePath], _ rule: UpdateRule, _ fileSystem: any FileSystem
  ) throws {
    guard let weights = files[TrainRunner.weightsFile],
      let stepsPath = files[TrainingState.stepsFile],
      let steps = StepLog(try fileSystem.read(stepsPath))
    else { return nil }
    self.weights = try Weights(contentsOf: weights)
    buffers = [:]
    for buffer in rule.buffers {
      guard let file = files[TrainingState.file(ofBuffer: buffer)] else { return nil }
      buffers[buffer] = try Weights(contentsOf: file)
    }
    self.steps = steps
    measurements =
      try files[TrainRunner.measurementsFile].map {
        try Validation.measurements(in: fileSystem.read($0))
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
    var digests = [
      TrainRunner.weightsFile:
        try net.weights().write(to: folder.appending(TrainRunner.weightsFile))
    ]
    for buffer in net.stateBuffers {
      let name = file(ofBuffer: buffer)
      digests[name] = try net.state(buffer).write(to: folder.appending(name))
    }
    try fileSystem.write(steps.bytes, to: folder.appending(stepsFile))
    if !measurements.isEmpty {
      try fileSystem.write(
        Validation.file(of: measurements).json() + "\n",
        to: folder.appending(TrainRunner.measurementsFile))
    }
    return digests
  }
}
