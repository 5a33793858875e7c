import ArtifactStore
import Basics
import Execution
import Planning
import Results
import SystemPackage

/// Runs `report` stages, which combine evaluations in tables and figures.
///
/// The files depend on the inputs alone: they describe data and sources only as far as these records do. They name the
/// stages as they were called then; commands write reports anew, with current names.
package struct ReportRunner: StageRunner {
  private let fileSystem: any FileSystem
  private let filters: (any FilterReader)?
  private let analyses: [AnalysisReport]

  /// - Parameters:
  ///   - filters: reads weights; `nil` for reports without filters.
  ///   - analyses: how those of each kind are shown.
  package init(
    fileSystem: any FileSystem, filters: (any FilterReader)?, analyses: [AnalysisReport] = []
  ) {
    self.fileSystem = fileSystem
    self.filters = filters
    self.analyses = analyses
  }

  package func run(
    _ work: ReportWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let networks = Dictionary(
      work.runs.compactMap { run in
        context.inputs[run.network.role].map { ($0.record.fingerprint, $0) }
      }, uniquingKeysWith: { first, _ in first })
    let runs = try work.runs.map { run in
      guard let evaluation = context.inputs[run.evaluation.role],
        let network = context.inputs[run.network.role]
      else { preconditionFailure("a stage starts when its inputs are there") }
      let result: RunResult
      do throws(DiagnosticError) {
        result = try RunResult(
          name: run.evaluation.stage, design: run.entry, evaluation: evaluation.record,
          lineage: RunResult.Lineage(trained: run.network, origin: run.origin))
      } catch {
        throw UnusableInput(
          role: run.evaluation.role, file: "record",
          reason: error.diagnostics.first?.message ?? "")
      }
      return ReportSource.Run(
        result: result, evaluation: evaluation, network: network,
        origin: run.origin.flatMap { networks[$0.fingerprint] })
    }
    let roles = Dictionary(
      context.inputs.map { ($0.value.record.fingerprint, $0.key) },
      uniquingKeysWith: min)
    var source = ReportSource(
      name: stage.name, origin: "report stage '\(stage.name)'", runs: runs, fileSystem: fileSystem
    ) { file, artifact, problem in
      guard let role = roles[artifact.record.fingerprint] else { return problem }
      return UnusableInput(
        role: role, file: file.name,
        reason: problem.diagnostics.first?.message ?? "unknown reason")
    }
    source.analyses = work.analyses.compactMap { analysis in
      context.inputs[analysis.result.role].map { artifact in
        AnalysedNetwork(
          name: analysis.result.stage, kind: StageKind(rawValue: artifact.record.kind),
          network: analysis.network, artifact: artifact)
      }
    }
    let analysis = Analysis(source.results)
    var files: [String: FilePath] = [:]
    for (name, file) in try reportFiles(
      of: source, analysis, ReportExtras(filters: filters, analyses: analyses))
    {
      let path = context.workspace.appending(name)
      try fileSystem.makeFolder(path.removingLastComponent())
      try file.write { try fileSystem.append($0, to: path) }
      files[name] = path
    }
    return StageProduct(
      files: files,
      metrics: ReportResult(runs: runs.count, warnings: analysis.warnings.count).metrics)
  }
}

extension RunResult {
  /// Reads the result from the record of an evaluation.
  ///
  /// - Throws: `DiagnosticError` if the record lacks a number.
  package init(
    name: String, design: ReportEntry, evaluation: StageRecord, lineage: Lineage? = nil
  ) throws(DiagnosticError) {
    let result = try EvaluationResult(of: evaluation)
    let top1 = result.score?.value ?? result.top1
    guard top1.isFinite else {
      self.init(
        name: name, design: design, outcome: .diverged("its score is not a number"),
        lineage: lineage)
      return
    }
    let selecting = result.score?.selectedOn
    let measure = Measure(
      top1: top1, images: result.images, rule: result.score?.rule ?? "final",
      isSelectedOnItself: selecting != nil && selecting == evaluation.measuredSubset)
    self.init(
      name: name, design: design,
      outcome: result.didNotTrain ? .atChance(measure) : .measured(measure), lineage: lineage)
  }
}
