import Basics
import Definitions
import PipelineLanguage

extension PlanDraft {
  mutating func addEvaluate(_ stage: StageDescription, _ evaluation: EvaluateDescription) {
    let name = evaluation.network.content
    guard let role = training[name] else {
      preconditionFailure("the language checks that evaluated stages are trained")
    }
    guard let (dataset, resolved) = resolve(evaluation.task) else { return }
    let classes = resolved.names
    guard classes.count == role.work.classes.count else {
      diagnostics.append(
        .error(
          "'\(name)' tells \(role.work.classes.count) classes apart, but task "
            + "'\(evaluation.task.content.name)' has \(classes.count)", at: evaluation.task.span))
      return
    }
    var settings: [String: Value] = [
      "classes": resolved.value, "subset": .string(evaluation.subset.rawValue),
    ]
    let holdOut = evaluation.subset == .test ? nil : dataset.holdOut
    if let holdOut { settings["hold-out"] = holdOut.value }
    let score = evaluation.score.content
    if score != .final { settings["score"] = score.value }
    let work = EvaluateWork(
      network: role.work.network, classes: classes, preprocessing: role.work.preprocessing,
      subset: evaluation.subset, holdOut: holdOut, score: score)
    append(
      stage.name, .evaluate, settings: .map(settings),
      inputs: [dataset.input, input("network", from: name)], work: .evaluate(work),
      encoded: ["classes": resolved.encoding],
      images: resolved.images(of: evaluation.subset, in: dataset.facts, holdOut: holdOut))
    entries[stage.name] = reportEntry(for: role)
  }

  private func reportEntry(for role: TrainingRole) -> ReportEntry {
    let (kind, depth, preserved) = TreatmentKind.kind(of: role.work.layers)
    return ReportEntry(
      split: role.task.split ?? role.task.dataset, target: role.task.name,
      source: kind == .random ? nil : role.sourceName, depth: depth, kind: kind,
      seed: role.seed, examples: role.work.limit?.perClass, preserved: preserved)
  }

  mutating func addReport(_ stage: StageDescription, _ report: ReportDescription) {
    var inputs: [StageInput] = []
    var reported: [ReportEntry] = []
    for evaluation in report.evaluations {
      guard let entry = entries[evaluation.content] else {
        preconditionFailure("the language checks that reported stages are evaluations")
      }
      inputs.append(input("evaluation \(reported.count)", from: evaluation.content))
      reported.append(entry)
    }
    let settings: Value = ["entries": .list(reported.map(\.value))]
    append(
      stage.name, .report, settings: settings, inputs: inputs,
      work: .report(ReportWork(entries: reported)))
  }
}
