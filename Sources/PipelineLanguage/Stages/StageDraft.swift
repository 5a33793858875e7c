import Basics
import Definitions

/// One stage at one point of its sweep, before references between stages are resolved. A class, since checks go through
/// thousands of them.
final class ExpandedStage {
  let name: String
  let template: String
  let span: SourceSpan
  let point: Sweep.Point
  /// Names with different values at other points that the stage serves.
  var independent: Set<String> = []
  /// `nil` if errors in the stage were reported.
  let draft: (any StageDraft)?

  init(
    name: String, template: String, span: SourceSpan, point: Sweep.Point,
    draft: (any StageDraft)?
  ) {
    self.name = name
    self.template = template
    self.span = span
    self.point = point
    self.draft = draft
  }
}

/// The content of a stage as written: one type for each kind.
protocol StageDraft: SendableMetatype {
  /// The description of such a stage in messages: `a train stage`.
  static var title: String { get }
  /// Whether it produces a trained network.
  static var trainsNetwork: Bool { get }
  /// Whether it measures a network, so that reports can contain it.
  static var isReportable: Bool { get }
  /// The name of the stage whose network it reads; `nil` for none, and for several.
  var networkRead: Described<String>? { get }
  /// The names of all stages whose networks it reads.
  var networksRead: [Described<String>] { get }
  /// Reads the value of the kind's key; `nil` after an error was reported.
  static func read(_ field: Field, _ reader: inout StageReader) -> Self?
  /// The stages that it stands for, by name in the order in which they run: itself, and those before it that are written
  /// in it.
  func stages(named name: String) -> [(name: String, draft: any StageDraft)]
  /// Resolves references to other stages; `nil` after an error was reported.
  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)?
}

extension StageDraft {
  static var trainsNetwork: Bool { false }
  var networkRead: Described<String>? { nil }
  var networksRead: [Described<String>] { networkRead.map { [$0] } ?? [] }

  func stages(named name: String) -> [(name: String, draft: any StageDraft)] { [(name, self)] }
}

/// The syntax of a kind of stage in a pipeline file.
package struct StageSyntax: Sendable {
  /// The key that identifies the kind: `train`.
  let key: String
  let draft: any StageDraft.Type

  init(_ key: String, _ draft: any StageDraft.Type) {
    self.key = key
    self.draft = draft
  }
}
