import Basics
import Definitions

/// Limits of a study's numbers.
enum StudyLimits {
  /// Layers that are copied, or random.
  static let depth = 1...NetworkLimits.layers
  /// Layers copied beyond those.
  static let preserved = 0...NetworkLimits.layers
}

/// A study at one point of its repetition.
struct Study {
  /// As they are trained on: with the study's limit on images.
  var tasks: StudyTasks
  /// The limit on training images per class; `nil` for all.
  var examples: Int?
  var network: Described<CheckedNetwork>
  var solver: SolverDefinition
  var seed: UInt64
  /// How base networks are trained.
  var baseSolver: SolverDefinition
  var baseSeed: UInt64
  /// What all its networks are measured on during training.
  var validation: Described<ValidationRule>?
  /// `nil` for the final accuracy.
  var score: Described<ScoreRule>?
  /// The mean that transfers with a source subtract.
  var mean: MeanOrigin
  var arms: [Arm]
  /// Of its networks, besides their evaluation.
  var analyses: [StudyAnalysis]

  /// A treatment at one depth: one network to train and measure.
  struct Arm {
    var treatment: StudyTreatment
    var depth: Int
    var preserved: Int
    /// Whether the depth is one of the study's `layers`.
    var isSwept: Bool

    /// Distinguishes the arm from others of its study.
    var identity: [Int] {
      var treatment = treatment
      treatment.depth = depth
      treatment.preserved = preserved
      return treatment.identity
    }
  }

  /// A network trained from scratch.
  struct Base: Hashable {
    /// Its task, by its position in the study.
    var task: Int
    /// Whether it is trained on all images of its task although the study limits them: other tasks copy its layers.
    var isSource: Bool
  }

  /// The base networks, in the study's order.
  var bases: [Base] {
    tasks.tasks.indices.flatMap { index in
      [false, true].map { Base(task: index, isSource: $0) }
    }.filter { base in
      arms.contains { arm in
        arm.treatment.target == base.task && !base.isSource || self.base(of: arm) == base
      }
    }
  }

  /// The network that an arm's layers are copied from; `nil` if they are random.
  func base(of arm: Arm) -> Base? {
    guard case .task(let index) = arm.treatment.source else { return nil }
    return Base(task: index, isSource: examples != nil && index != arm.treatment.target)
  }

  /// What a base is called after the study: `base-A`, or `source-A` if the study's own bases see fewer images.
  func name(of base: Base) -> String {
    "\(base.isSource ? "source" : "base")-\(tasks.names[base.task])"
  }

  /// What a base is trained on.
  func task(of base: Base) -> Described<TaskDefinition> {
    var task = tasks.tasks[base.task]
    if base.isSource { task.content.examples = nil }
    return task
  }

  /// The name of an arm: `A3B+`, `A3B+.lp-ft`, `A3p2B`, `natural-3-man-made`; with `n` in place of the depth if it is left open.
  func name(of arm: Arm, depth: String) -> String {
    let target = tasks.names[arm.treatment.target]
    let isRandom = arm.treatment.source == .random && TreatmentNotation.isLetter(target)
    let text = TreatmentNotation.text(
      source: isRandom ? TreatmentNotation.randomLetter : tasks.name(arm.treatment.source),
      depth: depth, preserved: arm.preserved, target: target,
      isFineTuned: arm.treatment.verb == .fineTune)
    return text + (arm.treatment.phases.map { ".\($0.name)" } ?? "")
  }

  /// What an arm does with each layer of its network, over all its phases.
  func verbs(of arm: Arm) -> [LayerVerb] {
    network.content.definition.layers.indices.map { index in
      index < arm.depth
        ? arm.treatment.verb : index < arm.depth + arm.preserved ? .fineTune : .initialize
    }
  }

  /// What rules of `phases` do with each layer.
  func verbs(of rules: [LayerRule], as arm: Arm) -> [LayerVerb] {
    arm.treatment.phases == nil ? verbs(of: arm) : rules.map(\.action.verb)
  }

  /// The stages of an arm's training in order, the first of which copies from the source: the rules and the solver of
  /// each; `nil` after an error was reported.
  func phases(
    of arm: Arm, _ context: ReadingContext
  ) -> [(rules: Described<[LayerRule]>, solver: SolverDefinition)]? {
    guard let phases = arm.treatment.phases?.phases else {
      return [(Described(rules(for: arm), at: arm.treatment.span), solver)]
    }
    let origins = verbs(of: arm).map(\.origin)
    var result: [(rules: Described<[LayerRule]>, solver: SolverDefinition)] = []
    for (index, phase) in phases.enumerated() {
      let isFrozen = arm.treatment.verb == .freeze && arm.preserved == 0
      guard
        let rules = phase.rules(
          origins, isFrozen: isFrozen, isFirst: index == 0, in: network.content, context)
      else { return nil }
      result.append((rules, phase.solver ?? solver))
    }
    return result
  }

  /// The treatment of the layers of an arm's network, trained at once.
  private func rules(for arm: Arm) -> [LayerRule] {
    func rule(_ selector: LayerSelector, _ text: String, _ verb: LayerVerb) -> LayerRule {
      LayerRule(
        selector: selector, text: text, span: arm.treatment.span, action: LayerAction(verb: verb))
    }
    var rules = [rule(.first(arm.depth), "first \(arm.depth)", arm.treatment.verb)]
    if arm.preserved > 0 {
      let layers = network.content.definition.layers
      let first = layers[arm.depth].name, last = layers[arm.depth + arm.preserved - 1].name
      rules.append(rule(.range(first, last), "\(first)..\(last)", .fineTune))
    }
    rules.append(rule(.rest, LayerSelector.restWord, .initialize))
    return rules
  }
}
