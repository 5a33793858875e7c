import Basics
import Definitions

/// The work of a stage: one value for each kind of stage, which determines its fingerprint, cost and inputs, and
/// which its runner carries out.
///
/// Everything that can change the result is either declared in `declare` or the artifact of an input. All other
/// content (paths, names, facts derived from the inputs) must not change a bit of the result.
package protocol StageWork: Sendable {
  var kind: StageKind { get }
  /// The revision of the code's results; part of the fingerprint.
  var revision: Int { get }
  /// Everything in the stage itself that determines its result.
  func declare(_ settings: inout StageSettings)
  /// The artifacts that the stage reads, each with its own role.
  var inputs: [StageInput] { get }
  /// What the stage produces.
  var result: WorkResult { get }
  /// The network that the stage uses; `nil` for none.
  var networkUse: NetworkUse? { get }
  /// The estimated cost of the stage; `nil` for one without an estimate.
  ///
  /// - Parameter iterations: completed steps, after which the stage resumes.
  /// - Throws: `DiagnosticError` if measured speeds cannot be read.
  func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost?
  /// What the stage reads outside the store; `nil` for nothing.
  var source: MissingSource? { get }
  /// Additional entries for such a stage in `plan --json`.
  var details: [String: Value] { get }
}

extension StageWork {
  package var networkUse: NetworkUse? { nil }
  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? { nil }
  package var source: MissingSource? { nil }
  package var details: [String: Value] { [:] }
}

/// What a stage produces, for code that treats stages by it instead of their kinds. Every kind states it.
package enum WorkResult: Sendable {
  /// Packed images.
  case images
  /// A trained network.
  case network(TrainWork)
  /// The accuracy of a network, for reports.
  case evaluation(EvaluateWork)
  case report(ReportWork)
  /// The activations of a network.
  case features(FeaturesWork)
  /// Numbers about a network, for reports.
  case analysis(NetworkAnalysis)
  case other
}

extension StageWork {
  /// The training run that produces a network; `nil` if the stage produces something else.
  package var training: TrainWork? {
    if case .network(let work) = result { work } else { nil }
  }

  /// The measurement of a network; `nil` if the stage produces something else.
  package var evaluation: EvaluateWork? {
    if case .evaluation(let work) = result { work } else { nil }
  }
}

extension StageWork {
  /// The activations of a network that the stage keeps; `nil` if it produces something else.
  package var features: FeaturesWork? {
    if case .features(let work) = result { work } else { nil }
  }
}

/// How a stage uses a network, which determines its speed.
package struct NetworkUse: Hashable, Sendable {
  package var network: NetworkDefinition
  /// The state of each layer for training; empty for inference.
  package var states: [LayerState]
  /// What is held for learning parameters; `nil` for inference.
  package var learning: LearningMemory?
  /// Images at once.
  package var batch: Int
  package var precision: Precision

  package init(
    _ network: NetworkDefinition, states: [LayerState] = [], learning: LearningMemory? = nil,
    batch: Int, precision: Precision = .single
  ) {
    self.network = network
    self.states = states
    self.learning = learning
    self.batch = batch
    self.precision = precision
  }
}
