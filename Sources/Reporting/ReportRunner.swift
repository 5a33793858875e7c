import ArtifactStore
import Basics
import Execution
import Planning
import Results
import SystemPackage

/// Runs `report` stages: brings evaluations together in tables and figures.
package struct ReportRunner: StageRunner {
  private let fileSystem: any FileSystem
  private let filters: (any FilterReader)?

  /// - Parameter filters: how weights are read; `nil` for reports without filters.
  package init(fileSystem: any FileSystem, filters: (any FilterReader)?) {
    self.fileSystem = fileSystem
    self.filters = filters
  }

  package func run(_ stage: PlannedStage, in context: StageContext) throws -> StageProduct {
    guard case .report(let work) = stage.work else {
      preconditionFailure("a report stage has report work")
    }
    let names = Dictionary(
      stage.inputs.map { ($0.role, $0.stage) }, uniquingKeysWith: { first, _ in first })
    let runs = try work.entries.enumerated().map { index, entry in
      guard let evaluation = context.inputs[ReportWork.evaluationRole(index)],
        let network = context.inputs[ReportWork.networkRole(index)],
        let name = names[ReportWork.evaluationRole(index)]
      else { preconditionFailure("a report stage has two inputs for each entry") }
      let result: RunResult
      do throws(DiagnosticError) {
        result = try RunResult(name: name, design: entry, evaluation: evaluation.record)
      } catch {
        throw UnusableInput(
          role: ReportWork.evaluationRole(index), file: "record",
          reason: error.diagnostics.first?.message ?? "")
      }
      return ReportSource.Run(result: result, evaluation: evaluation, network: network)
    }
    let source = ReportSource(
      name: stage.name, origin: "report stage '\(stage.name)'", runs: runs,
      preparations: try ReportSource.preparations(of: runs, in: context.store),
      fileSystem: fileSystem)
    let analysis = Analysis(source.results)
    var files: [String: FilePath] = [:]
    for (name, content) in try reportFiles(
      of: source, analysis, ReportExtras(filters: filters))
    {
      let path = context.workspace.appending(name)
      try fileSystem.makeFolder(path.removingLastComponent())
      try fileSystem.write(content, to: path)
      files[name] = path
    }
    return StageProduct(
      files: files,
      metrics: [
        "runs": .integer(runs.count), "warnings": .integer(analysis.warnings.count),
      ])
  }
}

extension RunResult {
  /// Reads the result from an evaluation's record.
  ///
  /// - Throws: `DiagnosticError` where the record lacks a figure.
  package init(name: String, design: ReportEntry, evaluation: StageRecord) throws(DiagnosticError) {
    let result = try EvaluationResult(of: evaluation)
    let top1 = result.score?.value ?? result.top1
    guard top1.isFinite else {
      self.init(name: name, design: design, outcome: .diverged("its score is no number"))
      return
    }
    let selecting = result.score?.selectedOn
    let measure = Measure(
      top1: top1, images: result.images, rule: result.score?.rule ?? "final",
      isSelectedOnItself: selecting != nil && selecting == evaluation.measuredSubset)
    self.init(
      name: name, design: design,
      outcome: result.didNotTrain ? .atChance(measure) : .measured(measure))
  }
}
