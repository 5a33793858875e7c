import Basics
import Definitions

/// One stage at one point of its sweep, before references between stages are followed.
struct ExpandedStage {
  var name: String
  var template: String
  var span: SourceSpan
  var point: Sweep.Point
  /// Names of the point that other points which the stage serves bind otherwise.
  var independent: Set<String> = []
  /// `nil` where the stage was reported to be wrong.
  var draft: StageDraft?
}

/// What a stage says of itself. Indirect, since stages are moved about by the thousand.
indirect enum StageDraft {
  case train(TrainDraft)
  case transfer(TransferDraft)
  case evaluate(EvaluateDraft)
  case report(ReportDraft)

  /// What messages call a stage of this kind.
  var kind: String {
    switch self {
    case .train: "a train stage"
    case .transfer: "a transfer stage"
    case .evaluate: "an evaluate stage"
    case .report: "a report stage"
    }
  }
}

struct TrainDraft {
  var network: Described<CheckedNetwork>
  var task: Described<TaskDefinition>
  var solver: SolverDefinition
  var seed: UInt64
  var validation: Described<ValidationRule>?
}

struct TransferDraft {
  var source: WeightsSource?
  /// `nil` for the source's network.
  var network: Described<CheckedNetwork>?
  var rules: Described<[LayerRule]>
  var task: Described<TaskDefinition>
  var solver: SolverDefinition
  var seed: UInt64
  var mean = MeanOrigin.target
  var validation: Described<ValidationRule>?
}

struct EvaluateDraft {
  var network: Described<String>
  /// `nil` for the task that the network was trained on.
  var task: Described<TaskDefinition>?
  var subset: Portion
  /// `nil` for the final accuracy.
  var score: Described<ScoreRule>?
}

struct ReportDraft {
  /// Names and patterns of evaluate stages; `nil` for all.
  var patterns: [Described<String>]?
  var span: SourceSpan
}
