import Basics
import Definitions
import PipelineLanguage

extension StageKind {
  package static let report = StageKind(rawValue: "report")
}

/// Combines evaluations in tables and figures.
package struct ReportWork: StageWork {
  /// An evaluated network in the report: its place in the design, its evaluation, and the training run that is
  /// evaluated.
  package struct Run: Sendable {
    package var entry: ReportEntry
    package var evaluation: StageInput
    package var network: StageInput
    /// The network that its layers were copied from, which is no input of the report unless it is reported itself.
    package var origin: StageInput?

    package init(
      entry: ReportEntry, evaluation: StageInput, network: StageInput, origin: StageInput? = nil
    ) {
      self.entry = entry
      self.evaluation = evaluation
      self.network = network
      self.origin = origin
    }
  }

  /// An analysis of a network in the report.
  package struct Analysis: Sendable {
    package var network: NetworkAnalysis
    package var result: StageInput

    package init(network: NetworkAnalysis, result: StageInput) {
      self.network = network
      self.result = result
    }
  }

  package var runs: [Run]
  package var analyses: [Analysis]

  package init(runs: [Run], analyses: [Analysis] = []) {
    self.runs = runs
    self.analyses = analyses
  }

  package var kind: StageKind { .report }
  package var revision: Int { NumericsRevision.reporting }
  package var result: WorkResult { .report(self) }
  package var inputs: [StageInput] {
    runs.flatMap { [$0.evaluation, $0.network] } + analyses.map(\.result)
  }

  package func cost(_ pricing: inout Pricing, after iterations: Int) -> StageCost? {
    StageCost(disk: SmallFiles.report(runs: runs.count))
  }

  package func declare(_ settings: inout StageSettings) {
    settings.add(ReportWork.runsSetting, .list(runs.map(\.entry.value)))
    if !analyses.isEmpty {
      settings.add("analyses", .list(analyses.map(\.network.value)))
    }
  }

  /// The setting that lists the runs.
  package static let runsSetting = "entries"

  package static func evaluationRole(_ entry: Int) -> String { "evaluation \(entry)" }
  package static func networkRole(_ entry: Int) -> String { "network \(entry)" }
  package static func analysisRole(_ entry: Int) -> String { "analysis \(entry)" }
  package static func isAnalysisRole(_ role: String) -> Bool { role.hasPrefix("analysis ") }
  package static func isEvaluationRole(_ role: String) -> Bool { role.hasPrefix("evaluation ") }
}

// MARK: - Drafting

extension StageForm {
  package static let report = StageForm(.report, ReportDescription.self)
}

extension ReportDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    // The language checks that reported stages are evaluations or analyses.
    let measured = evaluations.compactMap { evaluation in
      draft.drafted(evaluation.content).flatMap(ReportedRuns.Evaluation.init)
    }
    let reported = ReportedRuns(of: measured).runs
    let runs = reported.enumerated().map { index, run in
      ReportWork.Run(
        entry: run.entry,
        evaluation: draft.input(
          ReportWork.evaluationRole(index), from: measured[run.evaluation].name),
        network: draft.input(
          ReportWork.networkRole(index), from: measured[run.evaluation].work.trained.stage),
        origin: measured[run.evaluation].work.origin)
    }
    let analysed = evaluations.compactMap { analysis in
      draft.drafted(analysis.content).flatMap { stage in
        stage.work.analysis.map { (stage.name, $0) }
      }
    }
    let analyses = analysed.enumerated().map { index, analysis in
      ReportWork.Analysis(
        network: analysis.1,
        result: draft.input(ReportWork.analysisRole(index), from: analysis.0))
    }
    draft.append(stage, ReportWork(runs: runs, analyses: analyses))
  }
}
