import Basics

/// The mark of a difference in a table.
enum DifferenceMark: String, Hashable, Sendable {
  /// Its 95 % interval over independent units excludes zero, and the verdict claims it together with all other
  /// claims.
  case claimed = "‡"
  /// Its own 95 % interval over independent units excludes zero.
  case interval = "*"
  /// One run each: the binomial interval excludes zero.
  case sampling = "†"

  /// `nil` if there is nothing to mark.
  init?(_ estimate: Estimate, isClaimed: Bool) {
    if isClaimed {
      self = .claimed
    } else if estimate.isAboveZero || estimate.isBelowZero {
      self = .interval
    } else if estimate.exceedsSampling {
      self = .sampling
    } else {
      return nil
    }
  }
}

/// The explanation below a table of differences, for the marks and intervals that occur in it.
struct MarkKey {
  private var marks: Set<DifferenceMark> = []
  private var units: Set<Int> = []

  /// Adds a difference shown in the table.
  mutating func add(_ estimate: Estimate, _ mark: DifferenceMark?) {
    if let mark { marks.insert(mark) }
    if estimate.method == .student { units.insert(estimate.units) }
  }

  /// One line per mark.
  var lines: [String] {
    var lines: [String] = []
    if marks.contains(.claimed) {
      lines.append(
        "‡ claimed by the verdict: holds at 5 % together with all its other claims (family-wise)")
    }
    if marks.contains(.interval) {
      lines.append(
        "* its own 95 % interval (Student's t over \(unitText)) excludes zero; even where nothing "
          + "differs, about one in twenty such intervals does")
    }
    if marks.contains(.sampling) {
      lines.append(
        "† one run each: larger than the choice of test images explains (95 %, binomial); another "
          + "training run may differ")
    }
    return lines
  }

  /// `4 independent units`, `4–8 independent units`
  private var unitText: String {
    let fewest = units.min() ?? 0, most = units.max() ?? 0
    return (fewest == most ? "\(most)" : "\(fewest)–\(most)") + " independent units"
  }
}
