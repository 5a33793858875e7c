import Basics

/// Finds the evaluate stages that a report names, and checks that there are any.
struct ReportSelection {
  let table: StageTable
  let context: ReadingContext
  private let evaluations: [Int]
  /// The total number of evaluate stages that all reports and patterns may examine or select, which bounds time and
  /// memory.
  private static let mostLooks = 5_000_000
  private var looks = 0
  /// Whether no stage with reported errors could have been an evaluate stage.
  private let isComplete: Bool

  init(table: StageTable, context: ReadingContext) {
    self.table = table
    self.context = context
    evaluations = table.stages.indices.filter {
      table.stages[$0].draft.map { type(of: $0).isReportable } ?? false
    }
    isComplete = table.isComplete && !table.stages.contains { $0.draft == nil }
  }

  /// The evaluations in the order of the file, each once; `nil` after an error was reported.
  mutating func evaluations(_ draft: ReportDraft) -> [Described<String>]? {
    guard let patterns = draft.patterns else {
      guard mayLook(at: draft.span) else { return nil }
      if evaluations.isEmpty, isComplete {
        context.diagnostics.report(
          "there is nothing to report: the pipeline has no evaluate stage", at: draft.span)
      }
      return evaluations.map { Described(table.stages[$0].name, at: draft.span) }
    }
    var places: [Int: SourceSpan] = [:]
    var isSound = true
    for pattern in patterns {
      guard let found = positions(pattern) else {
        isSound = false
        continue
      }
      for position in found where places[position] == nil { places[position] = pattern.span }
    }
    guard isSound else { return nil }
    return places.sorted { $0.key < $1.key }.map {
      Described(table.stages[$0.key].name, at: $0.value)
    }
  }

  /// Whether all evaluate stages may be examined once more; reports when the limit is first exceeded.
  private mutating func mayLook(at span: SourceSpan) -> Bool {
    guard looks <= ReportSelection.mostLooks else { return false }
    looks += evaluations.count
    guard looks > ReportSelection.mostLooks else { return true }
    context.diagnostics.report(
      "the reports up to this one cover more than \(ReportSelection.mostLooks) evaluate stages in total",
      at: span)
    return false
  }

  private mutating func positions(_ pattern: Described<String>) -> [Int]? {
    let text = pattern.content
    if NamePattern.hasWildcard(text) {
      guard mayLook(at: pattern.span) else { return nil }
      let matcher = NamePattern(text)
      let found = evaluations.filter { matcher.matches(table.stages[$0].name) }
      guard found.isEmpty, isComplete else { return found }
      context.diagnostics.report("no evaluate stage matches '\(text)'", at: pattern.span)
      return nil
    }
    guard let position = table.positions[text] else {
      if !table.mayHaveBeen(text) {
        let names = evaluations.map { table.stages[$0].name }
        context.diagnostics.report(
          "there is no stage '\(text)'", at: pattern.span,
          notes: Diagnostic.Note.nearest(to: text, among: names))
      }
      return nil
    }
    guard let draft = table.stages[position].draft else { return nil }
    if type(of: draft).isReportable { return [position] }
    context.diagnostics.report(
      "'\(text)' is \(type(of: draft).title), which a report does not cover",
      at: pattern.span,
      notes: [Diagnostic.Note("it is here", at: table.stages[position].span)])
    return nil
  }
}
