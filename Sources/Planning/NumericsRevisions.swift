/// The numerics revision of each kind of stage.
///
/// Part of every fingerprint. To be raised in the change that makes a kind compute other bits from the
/// same settings and inputs, so that artifacts of the older code are not taken for the newer's.
extension StageKind {
  package var revision: Int {
    switch self {
    case .prepare: 1
    case .train: 1
    case .transfer: 1
    case .evaluate: 1
    case .report: 1
    }
  }
}
