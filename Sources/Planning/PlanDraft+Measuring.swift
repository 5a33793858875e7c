import Basics
import Definitions
import PipelineLanguage

extension StageForm {
  package static let evaluate = StageForm(.evaluate, EvaluateDescription.self)
}

extension EvaluateDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    draft.addEvaluation(stage, self)
  }
}

extension PlanDraft {
  fileprivate mutating func addEvaluation(
    _ stage: StageDescription, _ evaluation: EvaluateDescription
  ) {
    let name = evaluation.network.content
    guard let role = training[name] else {
      preconditionFailure("the language checks that evaluated stages are trained")
    }
    guard let measured = measured(evaluation.task, evaluation.subset, by: name),
      hasMeasurements(role, of: name, for: evaluation.score)
    else { return }
    let work = EvaluateWork(
      network: role.work.network, preprocessing: role.work.preprocessing, classes: measured.classes,
      subset: evaluation.subset, holdOut: measured.holdOut, score: evaluation.score.content,
      data: measured.data, trained: input(EvaluateWork.networkRole, from: name),
      origin: role.origin, measuredImages: measured.images,
      design: reportEntry(
        for: role, on: evaluation.task.content, evaluation.subset, score: evaluation.score.content),
      settings: role.settings.adding(
        measuringSettings(evaluation, of: measured, by: role)),
      variables: role.variables.merging(stage.ownVariables) { first, _ in first })
    append(stage, work)
  }

  /// The images on which a network is measured.
  struct MeasuredTask {
    /// In the order of the network's scores.
    var classes: [String]
    /// The images held out from training; `nil` for none, and where it does not matter.
    var holdOut: HoldOut?
    /// The packed images.
    var data: StageInput
    /// The settings that packed them.
    var packing: Value
    /// The number of images.
    var images: Int
  }

  /// The images of a subset of a task on which a network is measured; `nil`, with a diagnostic, if there is a problem.
  ///
  /// - Parameter name: the trained stage of the network.
  mutating func measured(
    _ task: Described<TaskDefinition>, _ subset: Portion, by name: String
  ) -> MeasuredTask? {
    guard let role = training[name] else {
      preconditionFailure("the language checks that measured stages are trained")
    }
    guard let (dataset, measured) = resolve(task),
      let resolved = labels(of: measured, as: role, name, on: task)
    else { return nil }
    let holdOut = subset == .test ? nil : dataset.holdOut
    let images = measured.images(of: subset, in: dataset.facts, holdOut: holdOut)
    guard isMeasurable(images, subset, of: task) else { return nil }
    return MeasuredTask(
      classes: resolved.names, holdOut: holdOut, data: dataset.input,
      packing: dataset.settings, images: images)
  }

  /// A task's classes in the order of a network's scores; `nil`, with a diagnostic, if they are not those that it was
  /// trained on.
  ///
  /// Another dataset may have the same classes in another order: labels are matched by name.
  private mutating func labels(
    of measured: ResolvedClasses, as role: TrainingRole, _ name: String,
    on task: Described<TaskDefinition>
  ) -> ResolvedClasses? {
    if measured.names == role.work.classes { return measured }
    guard Set(measured.names) == Set(role.work.classes) else {
      diagnostics.append(
        MeasuredClasses.problem(
          network: name, trained: Described(role.task, at: role.taskSpan),
          trainedClasses: role.work.classes, task: task, classes: measured.names))
      return nil
    }
    return role.classes
  }

  /// Whether there are images to measure; adds a diagnostic if not.
  mutating func isMeasurable(
    _ images: Int, _ portion: Portion, of task: Described<TaskDefinition>
  ) -> Bool {
    guard images == 0 else { return true }
    diagnostics.append(
      .error(
        "task '\(task.content.title)' has no \(portion.rawValue) images of its classes",
        at: task.span))
    return false
  }

  /// Whether a network is measured often enough for a score; adds a diagnostic if not.
  private mutating func hasMeasurements(
    _ role: TrainingRole, of name: String, for score: Described<ScoreRule>
  ) -> Bool {
    guard let wanted = score.content.measurements, let rule = role.work.validation,
      let made = rule.count(in: role.work.solver, images: role.work.trainingImages), made < wanted
    else { return true }
    diagnostics.append(.error(score.content.shortage(of: made, by: name), at: score.span))
    return false
  }

  /// The settings that determine a measurement, beyond the network and its place in the design.
  private func measuringSettings(
    _ evaluation: EvaluateDescription, of measured: MeasuredTask, by role: TrainingRole
  ) -> [String: RunSettings.Section] {
    var sections: [String: RunSettings.Section] = [:]
    // Measurements during training do not affect the network, only scores that use them.
    if evaluation.score.content != .final, let validation = role.work.validation {
      sections["validate"] = .init(validation.value)
    }
    if evaluation.task.content.dataset != role.task.dataset {
      sections["measured"] = .init(
        [
          "classes": .list(measured.classes.map(Value.string)),
          "dataset": measured.packing,
        ])
    }
    return sections
  }

  /// The place in reports of a network that is measured, or observed, on a subset of a task.
  func reportEntry(
    for role: TrainingRole, on measured: TaskDefinition, _ subset: Portion, score: ScoreRule
  ) -> ReportEntry {
    let task = role.task
    let (kind, depth, preserved) = TreatmentKind.kind(of: role.treatments)
    let division: ClassDivision =
      switch task.classes {
      case .all: .whole
      case .random(let seed, _, _): .random(seed: seed)
      case .named, .listed: .listed
      }
    return ReportEntry(
      network: role.networkName, split: task.split ?? task.dataset, division: division,
      target: task.name, source: kind == .random ? nil : role.sourceName, depth: depth, kind: kind,
      seed: role.work.seed, classes: role.classes.fingerprint, examples: role.work.examples,
      preserved: preserved, phases: role.phases,
      measuredOn: measuredImages(measured, subset, trainedOn: task), score: score.description)
  }

  /// The measured images, if they are not the test images of the task trained on.
  private func measuredImages(
    _ measured: TaskDefinition, _ subset: Portion, trainedOn task: TaskDefinition
  ) -> String? {
    var parts: [String] = []
    if measured.split != task.split || measured.dataset != task.dataset
      || measured.classes != task.classes
    {
      parts.append(measured.split.map { "\($0).\(measured.name)" } ?? measured.name)
    }
    switch subset {
    case .test: break
    case .train: parts.append("training images")
    case .validation: parts.append("validation images")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
