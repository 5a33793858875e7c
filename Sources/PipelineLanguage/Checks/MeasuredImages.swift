import Basics
import Definitions
import OrderedCollections

/// Checks that stages measure on images that there are, and that scores are taken from measurements
/// that are made.
struct MeasuredImages {
  let datasets: OrderedDictionary<String, Described<DatasetDefinition>>
  let context: ReadingContext

  func check(_ stages: [StageDescription]) {
    // Most pipelines take the final accuracy everywhere, and need no index of thousands of stages.
    lazy var positions = Dictionary(
      zip(stages.map(\.name), stages.indices)
    ) { first, _ in first }
    for stage in stages {
      if let rule = stage.work.validation, rule.content.subsets.contains(.validation),
        let task = stage.work.trainedTask
      {
        checkHeldOut(task, at: rule.span)
      }
      guard case .evaluate(let evaluation) = stage.work else { continue }
      if evaluation.subset == .validation {
        checkHeldOut(evaluation.task.content, at: stage.span)
      }
      guard evaluation.score.content != .final,
        let network = positions[evaluation.network.content]
      else { continue }
      check(evaluation, of: stages[network])
    }
  }

  private func checkHeldOut(_ task: TaskDefinition, at span: SourceSpan) {
    guard let dataset = datasets[task.dataset], dataset.content.holdOut == nil else { return }
    context.diagnostics.report(
      "there are no validation images: dataset '\(task.dataset)' has no 'hold-out'", at: span,
      notes: [Diagnostic.Note("the dataset is here", at: dataset.span)])
  }

  private func check(_ evaluation: EvaluateDescription, of network: StageDescription) {
    var needed: [Portion] = []
    switch evaluation.score.content {
    case .final: return
    case .meanOfLast: needed = [evaluation.subset]
    case .best(_, let portion): needed = [evaluation.subset, portion]
    }
    let span = evaluation.score.span
    let measured = network.work.validation?.content.subsets ?? []
    for portion in needed where !measured.contains(portion) {
      context.diagnostics.report(
        "the score needs measurements on \(portion.rawValue) images, which stage '\(network.name)' "
          + "does not make", at: span,
        notes: [
          Diagnostic.Note(
            "it makes them with 'validate: {every: 1 epoch, subset: \(portion.rawValue)}'",
            at: network.span)
        ])
      return
    }
    guard var trained = network.work.trainedTask else { return }
    trained.examples = nil
    if trained != evaluation.task.content {
      context.diagnostics.report(
        "the score is taken from measurements on the task '\(trained.name)' that "
          + "'\(network.name)' is trained on, not on '\(evaluation.task.content.name)'", at: span)
    }
  }
}

extension WorkDescription {
  fileprivate var validation: Described<ValidationRule>? {
    switch self {
    case .train(let train): train.validation
    case .transfer(let transfer): transfer.validation
    case .evaluate, .report: nil
    }
  }

  fileprivate var trainedTask: TaskDefinition? {
    switch self {
    case .train(let train): train.task.content
    case .transfer(let transfer): transfer.task.content
    case .evaluate, .report: nil
    }
  }
}
