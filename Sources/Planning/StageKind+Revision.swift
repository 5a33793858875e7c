import Definitions

extension StageKind {
  /// The revision of what a kind of stage computes; part of its stages' fingerprints.
  package var revision: Int {
    switch self {
    case .prepare: NumericsRevision.packing
    case .train, .transfer, .evaluate: NumericsRevision.engine
    case .report: NumericsRevision.reporting
    }
  }
}
