import Basics
import Definitions
import OrderedCollections

/// Checks that the images that stages measure exist, and so do the measurements that scores use.
struct MeasuredImages {
  let datasets: OrderedDictionary<String, Described<LocatedDataset>>
  let context: ReadingContext

  func check(_ stages: [StageDescription]) {
    // Most pipelines use the final accuracy everywhere, and need no index of thousands of stages.
    lazy var positions = Dictionary(
      zip(stages.map(\.name), stages.indices)
    ) { first, _ in first }
    for stage in stages {
      if let training = stage.work.training, let rule = training.validation,
        rule.content.subsets.contains(.validation)
      {
        checkHeldOut(training.task, at: rule.span)
      }
      if stage.work.subsetRead == .validation, let task = stage.work.taskRead {
        checkHeldOut(task, at: stage.span)
      }
      guard let evaluation = stage.work.evaluation, evaluation.score.content != .final,
        let network = positions[evaluation.network.content]
      else { continue }
      check(evaluation, of: stages[network])
    }
  }

  private func checkHeldOut(_ task: TaskDefinition, at span: SourceSpan) {
    guard let dataset = datasets[task.dataset] else { return }
    let definition = dataset.content.definition
    if definition.subsets?.validation != nil { return }
    if definition.holdOut == nil {
      context.diagnostics.report(
        "there are no validation images: dataset '\(task.dataset)' has no 'hold-out'", at: span,
        notes: [
          Diagnostic.Note("'hold-out: 0.1' takes a tenth of its training images", at: dataset.span)
        ])
    } else if definition.knownImages(Portion.validation) == 0 {
      let images = definition.knownImages(Subset.train) ?? 0
      context.diagnostics.report(
        "there are no validation images: dataset '\(task.dataset)' holds out none of the \(images) of "
          + "each class", at: span,
        notes: [
          Diagnostic.Note(
            "'hold-out' is here", at: dataset.content.places["hold-out"] ?? dataset.span)
        ])
    }
  }

  private func check(_ evaluation: EvaluateDescription, of network: StageDescription) {
    var needed: [Portion] = []
    switch evaluation.score.content {
    case .final: return
    case .meanOfLast: needed = [evaluation.subset]
    case .best(_, let portion): needed = [evaluation.subset, portion]
    }
    let span = evaluation.score.span
    let measured = network.work.training?.validation?.content.subsets ?? []
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
    if let made = measurements(of: network), let wanted = evaluation.score.content.measurements,
      made < wanted
    {
      context.diagnostics.report(
        evaluation.score.content.shortage(of: made, by: network.name), at: span,
        notes: [
          Diagnostic.Note(
            "'validate' sets how often it measures", at: network.work.training?.validation?.span)
        ])
      return
    }
    guard var trained = network.work.training?.task else { return }
    trained.examples = nil
    if trained != evaluation.task.content {
      context.diagnostics.report(
        "the score is taken from measurements on the task '\(trained.name)' that "
          + "'\(network.name)' is trained on, not on '\(evaluation.task.content.name)'", at: span)
    }
  }
}

extension MeasuredImages {
  /// The number of measurements on a subset during a training run; `nil` if the file alone does not determine it.
  private func measurements(of stage: StageDescription) -> Int? {
    guard let training = stage.work.training, let rule = training.validation else { return nil }
    let task = training.task
    var images: Int?
    if let dataset = datasets[task.dataset]?.content.definition,
      let each = dataset.knownImages(Portion.train),
      let classes = task.classes.count(among: dataset.knownClasses)
    {
      images = classes * min(each, task.examples ?? each)
    }
    return rule.content.count(in: training.solver, images: images)
  }
}
