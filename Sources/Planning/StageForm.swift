import PipelineLanguage

/// A description of a stage that can be planned.
package protocol PlannableDescription: WorkDescription {
  /// Adds the stage to a draft that already contains its inputs; reports problems there.
  func draft(_ stage: StageDescription, into draft: inout PlanDraft)
}

/// The syntax of a kind of stage, and how it is planned.
package struct StageForm: Sendable {
  let syntax: StageSyntax
  let description: ObjectIdentifier
  /// Returns `false` for a description of another kind.
  let draft: @Sendable (StageDescription, inout PlanDraft) -> Bool

  init<Work: PlannableDescription>(_ syntax: StageSyntax, _ description: Work.Type) {
    self.syntax = syntax
    self.description = ObjectIdentifier(description)
    draft = { stage, draft in
      guard let work = stage.work as? Work else { return false }
      work.draft(stage, into: &draft)
      return true
    }
  }
}

/// The kinds of stages that pipeline files can contain.
package struct StageForms: Sendable {
  /// Their syntax.
  package let syntax: [StageSyntax]
  private let forms: [ObjectIdentifier: StageForm]

  package init(_ forms: StageForm...) {
    syntax = forms.map(\.syntax)
    self.forms = Dictionary(uniqueKeysWithValues: forms.map { ($0.description, $0) })
  }

  /// Adds a stage to a draft.
  func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    let work: any WorkDescription = stage.work
    guard forms[ObjectIdentifier(type(of: work))]?.draft(stage, &draft) == true else {
      draft.diagnostics.append(
        .error("this program cannot plan stages like '\(stage.name)'", at: stage.span))
      return
    }
  }
}
