import Basics
import Planning

/// How reports show the analyses that stages of one kind make. The program's registry lists all of them.
package struct AnalysisReport: Sendable {
  package let kind: StageKind
  private let make: @Sendable ([AnalysedNetwork], ReportSource, Analysis) throws -> AnalysisSection

  /// - Parameter make: called with at least one finished analysis.
  package init(
    _ kind: StageKind,
    make: @escaping @Sendable ([AnalysedNetwork], ReportSource, Analysis) throws -> AnalysisSection
  ) {
    self.kind = kind
    self.make = make
  }

  /// `nil` if the report has no analyses of the kind.
  ///
  /// - Throws: `DiagnosticError` if a record has no results that can be read.
  func section(of source: ReportSource, _ analysis: Analysis) throws -> AnalysisSection? {
    let own = source.analyses.filter { $0.kind == kind }
    return own.isEmpty ? nil : try make(own, source, analysis)
  }
}

/// A section of a report's page, and its files.
package struct AnalysisSection: Sendable {
  struct Table: Sendable {
    var title: String
    var heading: [String]
    /// Plain text; the first cell of each row is its heading.
    var rows: [[String]]
  }

  /// Its anchor in the page.
  var id: String
  var title: String
  var note: String
  var figures: [Figure] = []
  var tables: [Table] = []
  /// Texts by the names of files.
  var files: [String: String] = [:]

  func write(to html: inout HTML) {
    html.element("h2", title, "id=\"\(id)\"")
    html.element("p", note, "class=\"note\"")
    html.figures(figures)
    for table in tables where !table.rows.isEmpty {
      html.element("h3", table.title)
      html.table(
        table.title, heading: table.heading.map { escapedMarkup($0) },
        rows: table.rows.map { $0.map { escapedMarkup($0) } })
    }
  }
}

extension Estimate {
  /// `61.2 ± 0.8`, or the mean alone.
  func text(decimals: Int) -> String {
    let text = fixed(mean, decimals: decimals)
    return method == .student ? "\(text) ± \(fixed((high - low) / 2, decimals: decimals))" : text
  }
}
