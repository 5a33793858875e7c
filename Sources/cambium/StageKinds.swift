import Basics
import Definitions
import Engine
import Execution
import Planning
import Reporting
import Results
import Stages

/// Every kind of stage of the program.
enum StageKinds {
  /// Their syntax and planning. Prepare stages are added automatically.
  static let forms = StageForms(
    .train, .transfer, .evaluate, .features, .probe, .score, .reset, .barrier, .compare, .pictures,
    .report)

  /// The figures drawn by 'show --figures'.
  static let figures: [StageFigures] = [
    .training, .evaluation, .probe, .reset, .barrier, .comparison, .pictures,
  ]

  /// How reports show analyses.
  static let analyses: [AnalysisReport] = [
    .probes, .scores, .resets, .barriers, .comparisons,
  ]

  /// The results in their records.
  static let results: [StageKind: any RecordedResult.Type] = [
    .prepare: PackedSummary.self, .train: TrainingResult.self, .transfer: TrainingResult.self,
    .evaluate: EvaluationResult.self, .features: FeaturesResult.self,
    .probe: ProbeResult.self, .score: ScoreResult.self, .reset: ResetResult.self,
    .barrier: BarrierResult.self, .compare: ComparisonResult.self,
    .pictures: PicturesResult.self, .report: ReportResult.self,
  ]

  /// Their runners.
  ///
  /// - Parameters:
  ///   - checkpointInterval: seconds of work that an interruption may lose.
  ///   - memory: the memory in bytes that stages may use.
  ///   - device: creates networks.
  static func runners(
    checkpointInterval: Double, memory: Int, device: any Device
  ) -> StageRunners {
    StageRunners(
      PrepareRunner(checkpointInterval: checkpointInterval, memory: memory),
      TrainRunner(checkpointInterval: checkpointInterval, device: device),
      EvaluateRunner(device: device), FeaturesRunner(device: device),
      ProbeRunner(device: device), ScoreRunner(device: device),
      ResetRunner(device: device), BarrierRunner(device: device), CompareRunner(device: device),
      PicturesRunner(device: device),
      ReportRunner(fileSystem: LocalFileSystem(), filters: StoredFilters(), analyses: analyses))
  }
}
