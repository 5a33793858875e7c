import Basics
import Definitions

/// What a stage does: one value for each kind of stage, from which its fingerprint, price and inputs follow, and
/// which its runner carries out.
///
/// Whatever can change the result is declared once, in `declare`, or is the artifact of an input. What a value holds
/// besides (paths, names, facts that follow from the inputs) must change no bit of the result.
package protocol StageWork: Sendable {
  var kind: StageKind { get }
  /// The revision of what the code computes; part of the fingerprint.
  var revision: Int { get }
  /// Everything of the stage's own that decides its result.
  func declare(_ settings: inout StageSettings)
  /// The artifacts that the stage reads, each in a role of its own.
  var inputs: [StageInput] { get }
  /// Images that the stage packs, trains on or measures, each counted once; `nil` for a stage that reads none.
  var images: Int? { get }
  /// The network that the stage computes with; `nil` for none.
  var networkUse: NetworkUse? { get }
  /// What the stage takes; `nil` for one without a price.
  ///
  /// - Parameter iterations: steps that need not be made, since the stage resumes after them.
  /// - Throws: `DiagnosticError` where measured speeds cannot be read.
  func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost?
  /// What the stage reads outside of the store; `nil` for nothing.
  var source: MissingSource? { get }
  /// What `plan --json` says of such a stage in addition to what it says of every one.
  var details: [String: Value] { get }
}

extension StageWork {
  package var images: Int? { nil }
  package var networkUse: NetworkUse? { nil }
  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? {
    guard let networkUse else { return nil }
    return try pricing.cost(of: networkUse, among: images, images: images)
  }
  package var source: MissingSource? { nil }
  package var details: [String: Value] { [:] }
}

/// How a stage computes with a network: what its speed depends on.
package struct NetworkUse: Hashable, Sendable {
  package var network: NetworkDefinition
  /// Which layers are frozen and which learn, for a training; empty for inference.
  package var states: [LayerState]
  /// What moves its parameters; `nil` for inference.
  package var rule: UpdateRule?
  /// Images that the network takes at once.
  package var batch: Int

  package init(
    _ network: NetworkDefinition, states: [LayerState] = [], rule: UpdateRule? = nil, batch: Int
  ) {
    self.network = network
    self.states = states
    self.rule = rule
    self.batch = batch
  }
}
