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
    let untrained = source.untrained
    let own = source.analyses.filter { $0.kind == kind }.map { network in
      var network = network
      network.didTrain = network.networks.isDisjoint(with: untrained)
      return network
    }
    return own.isEmpty ? nil : try make(own, source, analysis)
  }
}

extension [AnalysisReport] {
  /// The sections of a report, for the kinds of analyses that it has.
  ///
  /// - Throws: `DiagnosticError` if a record has no results that can be read.
  package func sections(
    of source: ReportSource, _ analysis: Analysis
  ) throws -> [AnalysisSection] {
    try compactMap { try $0.section(of: source, analysis) }
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

extension ReportSource {
  /// The training runs of its networks that did not train, by fingerprint.
  fileprivate var untrained: Set<Fingerprint> {
    var found: Set<Fingerprint> = []
    for run in runs {
      guard let network = run.network else { continue }
      switch run.result.outcome {
      case .atChance, .diverged: found.insert(network.record.fingerprint)
      case .measured, .missing: break
      }
    }
    return found
  }
}

extension Estimate {
  /// `61.2 ± 0.8`, `99.2 [97.9, 100.0]` where the interval ends before that, or the mean alone.
  func text(decimals: Int) -> String {
    let text = fixed(mean, decimals: decimals)
    guard method == .student else { return text }
    let (below, above) = (mean - low, high - mean)
    if abs(below - above) <= 1e-9 * max(below, above) {
      return "\(text) ± \(fixed(above, decimals: decimals))"
    }
    return "\(text) [\(fixed(low, decimals: decimals)), \(fixed(high, decimals: decimals))]"
  }
}
