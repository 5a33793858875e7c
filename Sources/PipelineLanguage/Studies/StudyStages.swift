import Basics
import Definitions

/// The stages of a study at one point of its repetition.
struct StudyStages {
  /// The prefix of an evaluation's name, before the name of the network it measures.
  static let testPrefix = "test-"

  let study: Study
  let name: ScalarNode
  let point: Sweep.Point
  let context: ReadingContext

  /// A stage's name and its template.
  private struct Title {
    var name: String
    var template: String
  }

  /// Adds base networks, arms and their evaluations, except for those that exist already.
  ///
  /// - Returns: the evaluations of the study; `nil` after an error was reported.
  mutating func add(
    to table: inout StageTable, sharing shared: inout SharedStages
  ) -> [Described<String>]? {
    var networks: [(title: Title, span: SourceSpan, variables: Sweep.Point)] = []
    var bases: [Int: String] = [:]
    for task in study.baseTasks {
      let draft = TrainDraft(
        network: study.network, task: study.tasks.tasks[task], solver: study.baseSolver,
        seed: study.baseSeed, validation: study.validation)
      let training = shared.training(
        study.network.content.definition, on: draft.task.content, draft.solver, seed: draft.seed,
        validation: draft.validation?.content)
      var title = title("base-\(study.tasks.names[task])")
      if let known = shared.train(training, orAdd: title.name) {
        title = Title(name: known, template: known)
        table.share(known, at: point)
      } else if !table.add(stage(title, name.span, point, draft), context) {
        return nil
      }
      bases[task] = title.name
      networks.append((title, name.span, point))
    }

    var trainings: [Int: SharedStages.Training] = [:]
    for arm in study.arms {
      let treatment = arm.treatment
      let training =
        trainings[treatment.target]
        ?? shared.training(
          study.network.content.definition, on: study.tasks.tasks[treatment.target].content,
          study.solver, seed: study.seed, validation: study.validation?.content)
      trainings[treatment.target] = training
      var source: String?
      var mean = MeanOrigin.target
      if case .task(let index) = treatment.source {
        source = bases[index]
        mean = study.mean
      }
      var title = title(study.name(of: arm, depth: "\(arm.depth)"))
      var variables = point
      if arm.isSwept {
        let open = study.name(of: arm, depth: "${\(StudyReader.depthName)}")
        title.template = self.title(open).template
        variables[StudyReader.depthName] = Binding(
          value: .integer(arm.depth), text: "\(arm.depth)", span: treatment.span)
      }
      if let known = shared.transfer(
        training, from: source, mean: mean, layers: arm.layers, orAdd: title.name)
      {
        title = Title(name: known, template: known)
        table.share(known, at: variables)
      } else {
        let draft = TransferDraft(
          source: source.map { .stage(Described($0, at: treatment.span)) }, network: study.network,
          rules: Described(study.rules(for: arm), at: treatment.span),
          task: study.tasks.tasks[treatment.target], solver: study.solver, seed: study.seed,
          mean: mean, validation: study.validation)
        guard table.add(stage(title, treatment.span, variables, draft), context) else {
          return nil
        }
      }
      networks.append((title, treatment.span, variables))
    }

    var evaluations: [Described<String>] = []
    for (network, span, variables) in networks {
      let draft = EvaluateDraft(
        network: Described(network.name, at: span), task: nil, subset: .test, score: study.score)
      let title = Title(
        name: StudyStages.testPrefix + network.name,
        template: StudyStages.testPrefix + network.template)
      let known = shared.evaluate(draft, orAdd: title.name)
      if let known {
        table.share(known, at: variables)
      } else if !table.add(stage(title, span, variables, draft), context) {
        return nil
      }
      evaluations.append(Described(known ?? title.name, at: span))
    }
    return evaluations
  }

  private func title(_ part: String) -> Title {
    var title = Title(name: "\(name.text).\(part)", template: "\(name.text).\(part)")
    for (variable, binding) in point {
      title.name += ".\(variable)-\(binding.text)"
      title.template += ".\(variable)-${\(variable)}"
    }
    return title
  }

  private func stage(
    _ title: Title, _ span: SourceSpan, _ variables: Sweep.Point, _ draft: any StageDraft
  ) -> ExpandedStage {
    ExpandedStage(
      name: title.name, template: title.template, span: span, point: variables, draft: draft)
  }
}
