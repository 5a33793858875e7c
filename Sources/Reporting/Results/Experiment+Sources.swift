import Basics
import Definitions

extension Experiment {
  /// The networks that layers come from, with their accuracies; with their stages where several have one task.
  ///
  /// `bases that layers are copied from: natural (base-modern) 44.0, natural (base-cycle) 59.7`; `nil` if none is
  /// reported, or all are in the table themselves.
  package var sourcesInWords: String? {
    let shown = otherBases.filter { $0.measure != nil }
    guard !shown.isEmpty else { return nil }
    let tasks = Set(shown.map(\.target.label))
    let words = shown.prefix(8).map { run in
      var text = run.target.label
      if tasks.count < shown.count { text += " (\(run.lineage?.trained.stage ?? run.name))" }
      guard let top1 = run.top1 else { return text + " did not train" }
      return "\(text) \(percent(top1))"
    }
    let more = shown.count > 8 ? " and \(shown.count - 8) more" : ""
    let kind = shown.allSatisfy { $0.design.kind == .base } ? "bases" : "networks"
    return "\(kind) that layers are copied from: \(words.joined(separator: ", "))\(more)"
  }
}
