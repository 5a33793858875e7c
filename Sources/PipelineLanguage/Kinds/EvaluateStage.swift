import Basics
import Definitions

extension StageSyntax {
  package static let evaluate = StageSyntax("evaluate", EvaluateDraft.self)
}

/// `evaluate: {network: …, on: …, subset: …}`
package struct EvaluateDescription: Sendable {
  /// The name of the trained stage that is measured.
  package var network: Described<String>
  /// The task to measure on; by default the one it was trained on.
  package var task: Described<TaskDefinition>
  package var subset: Portion
  /// The rule of the network's score.
  package var score: Described<ScoreRule>

  package init(
    network: Described<String>, task: Described<TaskDefinition>, subset: Portion,
    score: Described<ScoreRule>? = nil
  ) {
    self.network = network
    self.task = task
    self.subset = subset
    self.score = score ?? Described(.final, at: network.span)
  }
}

extension EvaluateDescription: WorkDescription {
  package var stagesRead: [String] { [network.content] }

  package var evaluation: EvaluateDescription? { self }

  package var taskRead: TaskDefinition? { task.content }

  package var subsetRead: Portion? { subset }

  package mutating func resolvePaths(_ resolve: (String) -> String) {
    task.content.resolvePath(resolve)
  }
}

// MARK: - Reading

struct EvaluateDraft {
  var network: Described<String>
  /// `nil` for the task that the network was trained on.
  var task: Described<TaskDefinition>?
  var subset: Portion
  /// `nil` for the final accuracy.
  var score: Described<ScoreRule>?
}

extension EvaluateDraft: StageDraft {
  static var title: String { "an evaluate stage" }
  static var isReportable: Bool { true }

  var networkRead: Described<String>? { network }

  static func read(_ field: Field, _ reader: inout StageReader) -> EvaluateDraft? {
    guard var fields = FieldReader(field, Subject("'evaluate'")) else { return nil }
    let network = fields.required("network") { $0.stageName() }
    let task = fields.optional("on", default: Described<TaskDefinition>?.none) {
      reader.tasks.find($0).map(Optional.some)
    }
    let subset = fields.optional("subset", default: Portion.test) { $0.choice() }
    let score = fields.optional("score", default: Described<ScoreRule>?.none) {
      $0.scoreRule().map(Optional.some)
    }
    fields.finish()
    guard let network, let task, let subset, let score else { return nil }
    return EvaluateDraft(network: network, task: task, subset: subset, score: score)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    guard let trained = resolver.network(readBy: position) else { return nil }
    if let task, !resolver.fit.checkEvaluation(of: network.content, trained, on: task) {
      return nil
    }
    var measured = task ?? trained.task
    // A limit on examples applies only to training.
    measured.content.examples = nil
    return EvaluateDescription(network: network, task: measured, subset: subset, score: score)
  }
}
