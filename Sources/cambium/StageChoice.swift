import ArgumentParser
import ArtifactStore
import Basics
import Planning

/// The stages that a command is about.
struct StageChoice {
  /// In the order of the plan; at least one.
  var stages: [PlannedStage]
  /// Whether one stage was asked for by its name, so that there is nothing to do without it.
  let isOne: Bool

  /// - Throws: `DiagnosticError` if no stage is named, and for each name or pattern that matches no stage.
  init(_ options: StageOptions, in plan: Plan) throws {
    guard !options.stages.isEmpty else { throw DiagnosticError.noStage }
    let names = try plan.names(matching: options.stages)
    stages = plan.stages.filter { names.contains($0.name) }
    isOne = options.stages.count == 1 && !NamePattern.hasWildcard(options.stages[0])
  }

  init(_ stages: [PlannedStage], isOne: Bool) {
    self.stages = stages
    self.isOne = isOne
  }

  /// Does what a command does with the stages that have a result, and then names those that have none.
  ///
  /// - Throws: `DiagnosticError` if the only stage has no result that can be used; `ExitCode` if one of several has none.
  func finished(
    in pipeline: PipelineOptions,
    _ body: ([(stage: PlannedStage, artifact: StoredArtifact)]) throws -> Void
  ) throws {
    if isOne {
      try body([(stages[0], finishedArtifact(of: stages[0], in: pipeline))])
      return
    }
    var found: [(stage: PlannedStage, artifact: StoredArtifact)] = []
    var missing: [String] = []
    var damages: [String] = []
    for stage in stages {
      switch try usableArtifact(of: stage, in: pipeline) {
      case .found(let artifact): found.append((stage, artifact))
      case .absent: missing.append(stage.name)
      case .unusable(let damage): damages.append("stage '\(stage.name)': \(damage)")
      }
    }
    if !found.isEmpty { try body(found) }
    guard found.count < stages.count else { return }
    if !missing.isEmpty {
      printError(
        "no result for \(counted(missing.count, "stage")): \(missing.map(printable).joined(separator: ", "))"
      )
    }
    for damage in damages { printError("damaged result of \(printable(damage))") }
    printError("'\(pipeline.command("run"))' computes what is missing")
    throw ExitCode(ExitStatus.stageFailed)
  }
}
