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

extension EvaluateDescription: MeasuringDescription {
  package var stagesRead: [String] { [network.content] }

  package var evaluation: EvaluateDescription? { self }
}

// MARK: - Reading

struct EvaluateDraft {
  var network: Described<String>
  var measured: MeasuredFields
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
    let measured = fields.measured(reader)
    let score = fields.optional("score", default: Described<ScoreRule>?.none) {
      $0.scoreRule().map(Optional.some)
    }
    fields.finish()
    guard let network, let measured, let score else { return nil }
    return EvaluateDraft(network: network, measured: measured, score: score)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    guard let trained = resolver.network(readBy: position),
      let task = measured.task(of: network.content, trained, resolver.fit)
    else { return nil }
    return EvaluateDescription(network: network, task: task, subset: measured.subset, score: score)
  }
}
