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
    var networks: [TrainedStage] = []
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
      networks.append(
        TrainedStage(title: title, span: name.span, variables: point, task: base.task))
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
      networks.append(
        TrainedStage(
          title: title, span: treatment.span, variables: variables, task: treatment.target,
          isBase: false))
    }

    var evaluations: [Described<String>] = []
    for trained in networks {
      let (network, span, variables) = (trained.title, trained.span, trained.variables)
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
    guard let analyses = analyse(networks, in: &table, sharing: &shared) else { return nil }
    return evaluations + analyses
  }

  /// A network of the study.
  private struct TrainedStage {
    var title: Title
    var span: SourceSpan
    var variables: Sweep.Point
    /// Trained on this one, by its position in the study.
    var task: Int
    var isBase = true
  }

  /// Adds the study's analyses, except for those that exist already.
  ///
  /// - Returns: their names; `nil` after an error was reported.
  private func analyse(
    _ networks: [TrainedStage], in table: inout StageTable, sharing shared: inout SharedStages
  ) -> [Described<String>]? {
    let targets = Set(study.arms.map(\.treatment.target)).sorted()
    var found: [Described<String>] = []
    for analysis in study.analyses {
      for network in networks where network.isBase || analysis.networks == .all {
        for task in network.isBase ? targets : [network.task] {
          let draft = analysis.draft.analysing(
            Described(network.title.name, at: analysis.span), on: study.tasks.tasks[task])
          let key = type(of: draft).key
          var (prefix, suffix) = ("\(key)-", "")
          if task != network.task { suffix = ".on-\(study.tasks.names[task])" }
          // What another study, or a stage of the file, trains has another name.
          if !network.title.name.hasPrefix("\(name.text).") { prefix += "\(name.text)." }
          let title = Title(
            name: prefix + network.title.name + suffix,
            template: prefix + network.title.template + suffix)
          if let known = shared.analyse(
            network.title.name, study.tasks.tasks[task].content, "\(key) \(draft.identity)",
            orAdd: title.name)
          {
            for stage in draft.stages(named: known) {
              table.share(stage.name, at: network.variables)
            }
            found.append(Described(known, at: analysis.span))
            continue
          }
          for part in draft.stages(named: title.name) {
            let whole = Title(
              name: part.name, template: title.template + part.name.dropFirst(title.name.count))
            guard table.add(stage(whole, analysis.span, network.variables, part.draft), context)
            else { return nil }
          }
          found.append(Described(title.name, at: analysis.span))
        }
      }
    }
    return found
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
