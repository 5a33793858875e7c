import Basics
import Definitions

/// One stage at one point of its sweep, before references between stages are followed.
struct ExpandedStage {
  var name: String
  var template: String
  var span: SourceSpan
  var point: Sweep.Point
  /// Names of the point that other points which the stage serves bind otherwise.
  var independent: Set<String> = []
  /// `nil` where the stage was reported to be wrong.
  var draft: (any StageDraft)?
}

/// What a stage says of itself: one type for each kind.
protocol StageDraft: SendableMetatype {
  /// What messages call such a stage: `a train stage`.
  static var title: String { get }
  /// Whether it leaves a trained network behind.
  static var trainsNetwork: Bool { get }
  /// The name of the stage whose network it reads; `nil` for none.
  var networkRead: Described<String>? { get }
  /// Reads what stands at the kind's key; `nil` after a mistake was reported.
  static func read(_ field: Field, _ reader: inout StageReader) -> Self?
  /// Follows references to other stages; `nil` after a mistake was reported.
  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)?
}

extension StageDraft {
  static var trainsNetwork: Bool { false }
  var networkRead: Described<String>? { nil }
}

/// How a kind of stage is written in a pipeline file.
package struct StageSyntax: Sendable {
  /// The key that says what a stage does: `train`.
  let key: String
  let draft: any StageDraft.Type

  init(_ key: String, _ draft: any StageDraft.Type) {
    self.key = key
    self.draft = draft
  }
}
