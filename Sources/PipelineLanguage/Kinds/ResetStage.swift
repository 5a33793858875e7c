import Basics
import Definitions

extension StageSyntax {
  package static let reset = StageSyntax("reset", ResetDraft.self)
}

/// `reset: {network: …, on: …, subset: …, to: [initial, random], draws: …, seed: …, statistics: …}`
package struct ResetDescription: Sendable {
  /// The name of the trained stage whose layers are put back.
  package var network: Described<String>
  package var task: Described<TaskDefinition>
  package var subset: Portion
  /// What they are put back to.
  package var targets: Set<ResetTarget>
  /// How often random weights are drawn.
  package var draws: Int
  package var seed: UInt64
  package var statistics: NormMeasurement
}

extension ResetDescription: MeasuringDescription {
  package var stagesRead: [String] { [network.content] }
}

/// What the parameters of a layer are put back to (Zhang, Bengio and Singer 2019).
package enum ResetTarget: String, Hashable, Sendable, CaseIterable {
  /// Those that training started from: drawn, or copied from elsewhere.
  case initial
  /// Others from the distribution that initial ones are drawn from.
  case random

  /// The numbers of draws that a stage may make, and the usual one.
  package static let draws = 1...100
  package static let usualDraws = 3
}

// MARK: - Reading

struct ResetDraft {
  var network: Described<String>
  var measured: MeasuredFields
  var targets: Set<ResetTarget>
  var draws: Int
  var seed: UInt64
  var statistics: NormMeasurement
}

extension ResetDraft: StageDraft {
  static var title: String { "a reset stage" }
  static var isReportable: Bool { true }

  var networkRead: Described<String>? { network }

  static func read(_ field: Field, _ reader: inout StageReader) -> ResetDraft? {
    guard var fields = FieldReader(field, Subject("'reset'")) else { return nil }
    let network = fields.required("network") { $0.stageName() }
    let measured = fields.measured(reader)
    let targets = fields.optional("to", default: Set(ResetTarget.allCases)) { $0.resetTargets() }
    let drawsField = fields.field("draws")
    let draws = drawsField.map { $0.integer(in: ResetTarget.draws) } ?? ResetTarget.usualDraws
    let seedField = fields.field("seed")
    let seed = seedField.map { $0.seed() } ?? 0
    let statistics = fields.optional("statistics", default: NormMeasurement.measured) {
      $0.choice()
    }
    fields.finish()
    guard let network, let measured, let targets, let draws, let seed, let statistics else {
      return nil
    }
    if !targets.contains(.random), let unused = drawsField ?? seedField {
      field.context.diagnostics.report(
        "'\(unused.name)' is for random weights, but layers are put back to initial ones only",
        at: unused.keySpan)
      return nil
    }
    return ResetDraft(
      network: network, measured: measured, targets: targets, draws: draws, seed: seed,
      statistics: statistics)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    guard let trained = resolver.network(readBy: position),
      let task = measured.task(of: network.content, trained, resolver.fit)
    else { return nil }
    return ResetDescription(
      network: network, task: task, subset: measured.subset, targets: targets, draws: draws,
      seed: seed, statistics: statistics)
  }
}

extension Field {
  /// Reads `initial`, `random`, or a list of these.
  fileprivate func resetTargets() -> Set<ResetTarget>? {
    guard case .sequence = node else { return choice(ResetTarget.self).map { [$0] } }
    let named = list("a list of 'initial' and 'random'") { element in
      element.choice(ResetTarget.self).map { Described($0.rawValue, at: element.span) }
    }
    guard let named, distinct(named, "target") else { return nil }
    return Set(named.compactMap { ResetTarget(rawValue: $0.content) })
  }
}
