import Basics
import Results

/// The report of a study as one HTML file, without network access or scripts.
package struct ReportPage {
  private let analysis: Analysis
  private let figures: StudyFigures
  private let methods: StudyMethods
  private let provenance: ReportProvenance
  private let sections: [AnalysisSection]

  package init(
    _ analysis: Analysis, _ figures: StudyFigures, _ methods: StudyMethods,
    _ provenance: ReportProvenance, sections: [AnalysisSection] = []
  ) {
    self.sections = sections
    self.analysis = analysis
    self.figures = figures
    self.methods = methods
    self.provenance = provenance
  }

  /// The file, which is also well-formed XML.
  package var html: String {
    var html = HTML()
    html.raw(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        + "<meta name=\"color-scheme\" content=\"light dark\"/>\n")
    html.element("title", analysis.results.name)
    html.raw("<style>\n\(PageStyle.rules)\n</style></head>\n<body>\n")
    writeHead(&html)
    writeVerdicts(&html)
    writeWarnings(&html)
    writeContents(&html)
    html.raw("<main>\n")
    if !analysis.results.runs.isEmpty { MethodsSection(methods, analysis).write(to: &html) }
    let shown = analysis.experiments.prefix(StudyFigures.drawnExperiments)
    for (index, experiment) in shown.enumerated() {
      html.element(
        "h2", ReportPage.capitalised(experiment.title), "id=\"experiment-\(index + 1)\"")
      html.figures(figures.experiments[index].results)
      ExperimentTables(experiment).write(to: &html)
    }
    let left = analysis.experiments.count - shown.count
    if left > 0 {
      html.element(
        "p",
        "\(grouped(left)) more experiment\(left == 1 ? " is" : "s are") not shown: \(ArtifactFile.reportMeans.name) and "
          + "\(ArtifactFile.reportContrasts.name) have the numbers of all.", "class=\"note\"")
    }
    write("Relative accuracy", "relative", figures.relative, to: &html)
    write("Images per class", "examples", figures.examples, to: &html)
    if !analysis.byExamples.isEmpty { ExamplesTable(analysis.byExamples).write(to: &html) }
    for section in sections { section.write(to: &html) }
    let experiments = figures.experiments
    let remark = figures.remark
    write("Training", "training", experiments.flatMap(\.training), remark, to: &html)
    write("First-layer filters", "filters", experiments.flatMap(\.filters), remark, to: &html)
    write("Classes", "classes", experiments.flatMap(\.classes), remark, to: &html)
    write("Timeline", "timeline", figures.timeline, to: &html)
    html.element("h2", "Runs", "id=\"runs\"")
    RunsTable(analysis.results.runs, fingerprints: provenance.fingerprints).write(to: &html)
    html.element("h2", "Provenance", "id=\"provenance\"")
    provenance.write(analysis, to: &html)
    html.raw("</main>\n</body></html>\n")
    return html.text
  }

  private func write(
    _ title: String, _ id: String, _ figures: [Figure], _ remark: String? = nil,
    to html: inout HTML
  ) {
    guard !figures.isEmpty else { return }
    html.element("h2", title, "id=\"\(id)\"")
    if let remark { html.element("p", remark, "class=\"note\"") }
    html.figures(figures)
  }

  private func writeHead(_ html: inout HTML) {
    html.nested("header") { html in
      html.element("h1", analysis.results.name)
      let runs = analysis.results.runs
      let missing = runs.count { if case .missing = $0.outcome { true } else { false } }
      var text =
        "\(analysis.results.origin): \(grouped(runs.count)) run\(runs.count == 1 ? "" : "s")"
      if missing > 0 { text += ", \(grouped(missing)) of them missing" }
      html.element("p", text + ".", "class=\"origin\"")
    }
  }

  private func writeVerdicts(_ html: inout HTML) {
    guard !analysis.results.runs.isEmpty else {
      if sections.isEmpty { html.element("p", "There are no results yet.") }
      return
    }
    let spoken = analysis.experiments.filter { !$0.verdict.sentences.isEmpty }
    guard !spoken.isEmpty else { return }
    html.nested("section", "class=\"verdict\" aria-label=\"Verdict\"") { html in
      html.element("h2", "Verdict")
      for experiment in spoken.prefix(ReportPage.verdictsAbove) {
        if analysis.experiments.count > 1 {
          html.element("h3", ReportPage.capitalised(experiment.title))
        }
        html.element("p", experiment.verdict.sentences.joined(separator: " "))
      }
      if spoken.count > ReportPage.verdictsAbove {
        html.element(
          "p",
          "Those of \(spoken.count - ReportPage.verdictsAbove) more experiments are next to their tables.",
          "class=\"note\"")
      }
    }
  }

  /// The verdicts of this number of experiments are shown at the top.
  static let verdictsAbove = 6

  private func writeWarnings(_ html: inout HTML) {
    guard !analysis.warnings.isEmpty else { return }
    html.nested("section", "class=\"warnings\" aria-label=\"Warnings\"") { html in
      html.element("h2", "Warnings")
      html.nested("ul") { html in
        for warning in analysis.warnings {
          html.element("li", ReportPage.capitalised("\(warning)") + ".")
        }
      }
    }
  }

  private func writeContents(_ html: inout HTML) {
    html.nested("nav", "aria-label=\"Contents\"") { html in
      html.nested("ul") { html in
        if !analysis.results.runs.isEmpty { item("methods", "Methods", &html) }
        for (index, experiment) in analysis.experiments.prefix(40).enumerated() {
          item("experiment-\(index + 1)", ReportPage.capitalised(experiment.title), &html)
        }
        let parts: [(id: String, title: String, isThere: Bool)] =
          [
            ("relative", "Relative accuracy", !figures.relative.isEmpty),
            ("examples", "Images per class", !figures.examples.isEmpty),
          ] + sections.map { (id: $0.id, title: $0.title, isThere: true) } + [
            ("training", "Training", figures.experiments.contains { !$0.training.isEmpty }),
            (
              "filters", "First-layer filters", figures.experiments.contains { !$0.filters.isEmpty }
            ),
            ("classes", "Classes", figures.experiments.contains { !$0.classes.isEmpty }),
            ("timeline", "Timeline", !figures.timeline.isEmpty), ("runs", "Runs", true),
            ("provenance", "Provenance", true),
          ]
        for part in parts where part.isThere {
          item(part.id, part.title, &html)
        }
      }
    }
  }

  private func item(_ id: String, _ title: String, _ html: inout HTML) {
    html.raw("<li><a href=\"#\(id)\">\(escapedMarkup(title))</a></li>\n")
  }

  /// Names keep their spelling: only a lower-case word of our own at the beginning is capitalised.
  static func capitalised(_ text: String) -> String {
    for word in [
      "random ", "all ", "bases ", "networks ", "unbalanced ", "results ", "scores ", "each ",
      "the ",
    ]
    where text.hasPrefix(word) {
      return text.prefix(1).uppercased() + text.dropFirst()
    }
    return text
  }
}
