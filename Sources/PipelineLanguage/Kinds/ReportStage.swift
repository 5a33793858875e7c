import Basics

extension StageSyntax {
  package static let report = StageSyntax("report", ReportDraft.self)
}

/// `report: {of: […]}`
package struct ReportDescription: Sendable {
  /// The names of the evaluate stages to report, in the order of the file; by default all.
  package var evaluations: [Described<String>]

  package init(evaluations: [Described<String>]) { self.evaluations = evaluations }
}

extension ReportDescription: WorkDescription {
  package var stagesRead: [String] { evaluations.map(\.content) }
}

// MARK: - Reading

struct ReportDraft {
  /// Names and patterns of evaluate stages; `nil` for all.
  var patterns: [Described<String>]?
  var span: SourceSpan
}

extension ReportDraft: StageDraft {
  static var title: String { "a report stage" }
  static var isReportable: Bool { false }

  /// Reads `all`, or `{of: [names and patterns]}`.
  static func read(_ field: Field, _ reader: inout StageReader) -> ReportDraft? {
    if case .scalar = field.node {
      return field.word(["all"], orElse: ["{of: [names and patterns]}"]).map { _ in
        ReportDraft(patterns: nil, span: field.span)
      }
    }
    guard var fields = FieldReader(field, Subject("'report'")) else { return nil }
    let patterns = fields.optional("of", default: [Described<String>]?.none) { field in
      if case .scalar = field.node { return field.stageName().map { [$0] } }
      return field.list("a list of stages") { $0.stageName() }.map(Optional.some)
    }
    fields.finish()
    guard let patterns else { return nil }
    return ReportDraft(patterns: patterns, span: field.keySpan)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    resolver.selection.evaluations(self).map { ReportDescription(evaluations: $0) }
  }
}
