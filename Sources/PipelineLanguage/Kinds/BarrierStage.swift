import Basics
import Definitions

extension StageSyntax {
  package static let barrier = StageSyntax("barrier", BarrierDraft.self)
}

/// `barrier: {between: [first, second], on: …, subset: …, points: …, statistics: …}`
package struct BarrierDescription: Sendable {
  /// The names of the trained stages at the ends of the line.
  package var first: Described<String>
  package var second: Described<String>
  package var task: Described<TaskDefinition>
  package var subset: Portion
  /// The number of networks on the line, both ends included.
  package var points: Int
  package var statistics: NormMeasurement
}

extension BarrierDescription: MeasuringDescription {
  package var stagesRead: [String] { [first.content, second.content] }
}

// MARK: - Reading

struct BarrierDraft {
  var first: Described<String>
  var second: Described<String>
  var measured: MeasuredFields
  var points: Int
  var statistics: NormMeasurement

  private static let possiblePoints = 3...1001
  private static let usualPoints = 11
}

extension BarrierDraft: StageDraft {
  static var title: String { "a barrier stage" }
  static var isReportable: Bool { true }

  var networksRead: [Described<String>] { [first, second] }

  static func read(_ field: Field, _ reader: inout StageReader) -> BarrierDraft? {
    guard var fields = FieldReader(field, Subject("'barrier'")) else { return nil }
    let ends = fields.required("between") { $0.networkPair() }
    let measured = fields.measured(reader)
    let points = fields.optional("points", default: usualPoints) {
      $0.integer(in: possiblePoints)
    }
    let statistics = fields.optional("statistics", default: NormMeasurement.measured) {
      $0.choice()
    }
    fields.finish()
    guard let ends, let measured, let points, let statistics else { return nil }
    return BarrierDraft(
      first: ends.first, second: ends.second, measured: measured, points: points,
      statistics: statistics)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    guard let trained = resolver.networks(readBy: position), trained.count == 2,
      SameNetwork(first: first, second: second, context: resolver.context)
        .check(trained[0], trained[1]),
      let task = measured.task(of: first.content, trained[0], resolver.fit),
      resolver.fit.checkEvaluation(
        of: second.content, trained[1],
        on: Described(task.content, at: measured.task?.span ?? second.span))
    else { return nil }
    return BarrierDescription(
      first: first, second: second, task: task, subset: measured.subset, points: points,
      statistics: statistics)
  }
}

extension Field {
  /// Reads the names of two different stages.
  func networkPair() -> (first: Described<String>, second: Described<String>)? {
    let form = "two trained stages, as in [first, second]"
    guard let names = list(form, { $0.stageName() }) else { return nil }
    guard names.count == 2 else {
      report("'\(name)' must be \(form), not \(counted(names.count, "stage"))")
      return nil
    }
    guard names[0].content != names[1].content else {
      context.diagnostics.report(
        "'\(name)' names the same stage twice", at: names[1].span)
      return nil
    }
    return (names[0], names[1])
  }
}
