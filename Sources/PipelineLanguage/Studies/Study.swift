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
  var tasks: StudyTasks
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

  /// A treatment at one depth: one network to train and measure.
  struct Arm {
    var treatment: StudyTreatment
    var depth: Int
    var preserved: Int
    /// Whether the depth is one of the study's `layers`.
    var isSwept: Bool

    /// A key for the treatment of the layers, independent of the tasks.
    var layers: [Int] {
      [depth, preserved, LayerVerb.allCases.firstIndex(of: treatment.verb) ?? -1]
    }

    /// Distinguishes the arm from others of its study.
    var identity: [Int] {
      var treatment = treatment
      treatment.depth = depth
      treatment.preserved = preserved
      return treatment.identity
    }
  }

  /// The tasks that need a base network, in the study's order.
  var baseTasks: [Int] {
    tasks.tasks.indices.filter { index in
      arms.contains { $0.treatment.target == index || $0.treatment.source == .task(index) }
    }
  }

  /// The name of an arm: `A3B+`, `A3p2B`, `natural-3-man-made`; with `n` in place of the depth if it is left open.
  func name(of arm: Arm, depth: String) -> String {
    let target = tasks.names[arm.treatment.target]
    let isRandom = arm.treatment.source == .random && TreatmentNotation.isLetter(target)
    return TreatmentNotation.text(
      source: isRandom ? TreatmentNotation.randomLetter : tasks.name(arm.treatment.source),
      depth: depth, preserved: arm.preserved, target: target,
      isFineTuned: arm.treatment.verb == .fineTune)
  }

  /// The treatment of the layers of an arm's network.
  func rules(for arm: Arm) -> [LayerRule] {
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
