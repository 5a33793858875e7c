extension ReportEntry {
  /// The treatment in the paper's notation, with n left open: `B`, `BnB`, `AnB+`, `RnB`.
  ///
  /// Task names longer than two characters are separated by an arrow: `natural→man-made+`. A limit on examples
  /// follows: `B (500 a class)`, after the name of phases.
  package var treatmentLabel: String {
    wholeLabel + (phases.map { " (\($0))" } ?? "") + (examples.map { " (\($0) a class)" } ?? "")
  }

  private var wholeLabel: String {
    let short = target.count <= 2 && (source?.count ?? 0) <= 2
    func from(_ origin: String) -> String { short ? "\(origin)n\(target)" : "\(origin)→\(target)" }
    switch kind {
    case .base: return target
    case .frozen: return from(source ?? "?")
    case .fineTuned: return from(source ?? "?") + "+"
    case .random: return short ? "Rn\(target)" : "random→\(target)"
    case .preserved:
      return short
        ? "\(source ?? "?")np\(preserved)\(target)"
        : from(source ?? "?") + " (\(preserved) preserved)"
    case .other: return from(source ?? "?") + " (other)"
    }
  }
}
