import Basics
import Engine
import Execution
import Planning
import Reporting
import Stages

/// Every kind of stage that the program has.
enum StageKinds {
  /// How they are written and planned. Datasets are prepared without being asked for.
  static let forms = StageForms(.train, .transfer, .evaluate, .report)

  /// What 'show --figures' draws of them.
  static let figures: [StageFigures] = [.training, .evaluation]

  /// What carries them out.
  ///
  /// - Parameters:
  ///   - checkpointInterval: seconds after which an interruption costs no more than what came since.
  ///   - memory: bytes that stages may take.
  ///   - device: what networks are computed on.
  static func runners(
    checkpointInterval: Double, memory: Int, device: any Device
  ) -> StageRunners {
    StageRunners(
      PrepareRunner(checkpointInterval: checkpointInterval, memory: memory),
      TrainRunner(checkpointInterval: checkpointInterval, device: device),
      EvaluateRunner(device: device),
      ReportRunner(fileSystem: LocalFileSystem(), filters: StoredFilters()))
  }
}
