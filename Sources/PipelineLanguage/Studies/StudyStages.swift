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
    var bases: [Study.Base: String] = [:]
    for base in study.bases {
      let draft = TrainDraft(
        network: study.network, task: study.task(of: base), solver: study.baseSolver,
        seed: study.baseSeed, validation: study.validation)
      let training = shared.training(
        study.network.content.definition, on: draft.task.content, draft.solver, seed: draft.seed,
        validation: draft.validation?.content)
      // A source is trained on all images, however many the study's tasks have.
      let point = base.isSource ? point.filter { $0.key != StudyReader.examplesKey } : point
      var title = title(study.name(of: base), at: point)
      if let known = shared.train(training, orAdd: title.name) {
        title = Title(name: known, template: known)
        table.share(known, at: point)
      } else if !table.add(stage(title, name.span, point, draft), context) {
        return nil
      }
      bases[base] = title.name
      networks.append((title, name.span, point))
    }

    struct TrainingKey: Hashable {
      var target: Int
      var solver: SolverDefinition
    }
    var trainings: [TrainingKey: SharedStages.Training] = [:]
    for arm in study.arms {
      let treatment = arm.treatment
      var source: String?
      var mean = MeanOrigin.target
      if let base = study.base(of: arm) {
        source = bases[base]
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
      guard let phases = study.phases(of: arm, context) else { return nil }
      let places =
        treatment.phases.map {
          TransferPhase.all(phases.count, name: $0.name, verbs: study.verbs(of: arm))
        } ?? []
      let whole = title
      for (index, phase) in phases.enumerated() {
        title = Title(
          name: TransferPhase.stageName(whole.name, index, of: phases.count),
          template: TransferPhase.stageName(whole.template, index, of: phases.count))
        let key = TrainingKey(target: treatment.target, solver: phase.solver)
        let training =
          trainings[key]
          ?? shared.training(
            study.network.content.definition, on: study.tasks.tasks[treatment.target].content,
            phase.solver, seed: study.seed, validation: study.validation?.content)
        trainings[key] = training
        let verbs = study.verbs(of: phase.rules.content, as: arm)
        let isLast = index == phases.count - 1
        // Phases end in networks of their own name, though an earlier one may be another treatment's.
        let known =
          isLast && !places.isEmpty
          ? nil
          : shared.transfer(
            training, from: source, mean: mean,
            layers: verbs.map { LayerVerb.allCases.firstIndex(of: $0) ?? -1 }, orAdd: title.name)
        if let known {
          title = Title(name: known, template: known)
          table.share(known, at: variables)
        } else {
          let draft = TransferDraft(
            source: source.map { .stage(Described($0, at: treatment.span)) },
            network: study.network, rules: phase.rules,
            task: study.tasks.tasks[treatment.target], solver: phase.solver, seed: study.seed,
            mean: mean, validation: study.validation,
            phase: places.isEmpty ? nil : places[index])
          guard table.add(stage(title, treatment.span, variables, draft), context) else {
            return nil
          }
        }
        source = title.name
      }
      networks.append((title, treatment.span, variables))
    }

    var evaluations: [Described<String>] = []
    for (network, span, variables) in networks {
      let draft = EvaluateDraft(
        network: Described(network.name, at: span), measured: MeasuredFields(subset: .test),
        score: study.score)
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

  private func title(_ part: String, at point: Sweep.Point? = nil) -> Title {
    let point = point ?? self.point
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
