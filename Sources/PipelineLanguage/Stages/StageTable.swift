import Basics

/// All stages of a pipeline, sweeps expanded, by name.
struct StageTable {
  private(set) var stages: [ExpandedStage] = []
  private(set) var positions: [String: Int] = [:]
  /// Possible names of stages that could not be expanded, by template.
  private var unknown: [String: NamePattern] = [:]
  /// Whether the limit on stages was reported; further reports would be noise.
  private(set) var isFull = false
  /// The number of values repeated by sweeps so far.
  private var repeated = 0

  /// Reads the section.
  init(_ field: Field?, reader: inout StageReader) {
    guard let field, !field.isEmpty else { return }
    guard case .mapping(let mapping) = field.node else {
      field.mismatch("a mapping from names to stages")
      addUnknown("*")
      return
    }
    for entry in mapping.entries {
      expand(
        entry.key,
        Field(
          name: entry.key.text, node: entry.value, keySpan: entry.key.span,
          context: field.context), &reader)
    }
  }

  /// Whether a stage of this name might have been defined by something with reported errors.
  func mayHaveBeen(_ name: String) -> Bool { unknown.values.contains { $0.matches(name) } }

  var isComplete: Bool { unknown.isEmpty }

  /// The maximum number of templates recorded; beyond it, any name might be valid.
  private static let mostUnknown = 50

  mutating func addUnknown(_ template: String) {
    let template = unknown.count < StageTable.mostUnknown ? template : "*"
    unknown[template] = NamePattern(template: template)
  }

  // MARK: - Expanding

  private mutating func expand(_ template: ScalarNode, _ field: Field, _ reader: inout StageReader)
  {
    guard let sweep = field.sweep(of: template) else {
      addUnknown(template.text)
      return
    }
    guard let count = sweep.count, count <= Sweep.mostStages - stages.count else {
      addUnknown("*")
      if isFull { return }
      isFull = true
      let points = sweep.count.map { "\($0)" } ?? "too many"
      field.context.diagnostics.report(
        "a pipeline may have \(Sweep.mostStages) stages: '\(template.text)' adds \(points) to "
          + "\(stages.count)", at: template.span)
      return
    }
    guard field.mayRepeat(count, template, &repeated) else {
      addUnknown(template.text)
      return
    }
    let diagnostics = field.context.diagnostics
    let body = field.withoutSweep
    sweep.forEachPoint { point in
      diagnostics.enter(point)
      add(template, point, body.at(point), &reader)
      diagnostics.point = nil
    }
  }

  private mutating func add(
    _ template: ScalarNode, _ point: Sweep.Point, _ field: Field,
    _ reader: inout StageReader
  ) {
    guard let name = field.context.resolve(template)?.text,
      field.context.check(name, .stage, "stage", at: template.span)
    else {
      addUnknown(template.text)
      return
    }
    let draft = reader.read(field, name: name)
    let stages: [(name: String, draft: (any StageDraft)?)] =
      draft.map { $0.stages(named: name).map { ($0.name, $0.draft) } } ?? [(name, nil)]
    for stage in stages {
      if let earlier = positions[stage.name] {
        reportCollision(stage.name, template, self.stages[earlier], field.context)
        return
      }
      positions[stage.name] = self.stages.count
      self.stages.append(
        ExpandedStage(
          name: stage.name,
          template: stage.name == name
            ? template.text : template.text + stage.name.dropFirst(name.count),
          span: template.span, point: point, draft: stage.draft))
    }
  }

  /// Adds a stage of a study; returns whether that was possible, and reports why not.
  mutating func add(_ stage: ExpandedStage, _ context: ReadingContext) -> Bool {
    guard context.check(stage.name, .stage, "stage", at: stage.span) else {
      addUnknown(stage.template)
      return false
    }
    if let earlier = positions[stage.name] {
      reportCollision(
        stage.name, ScalarNode(text: stage.template, style: .plain, span: stage.span),
        stages[earlier], context)
      return false
    }
    guard stages.count < Sweep.mostStages else {
      addUnknown("*")
      if !isFull {
        context.diagnostics.report(
          "a pipeline may have \(Sweep.mostStages) stages: '\(stage.template)' is beyond them",
          at: stage.span)
      }
      isFull = true
      return false
    }
    positions[stage.name] = stages.count
    stages.append(stage)
    return true
  }

  /// Records that a stage serves another point of a repetition too: it does not depend on what differs there.
  mutating func share(_ name: String, at point: Sweep.Point) {
    guard let position = positions[name] else { return }
    for (variable, binding) in stages[position].point {
      if let other = point[variable], other.text != binding.text {
        stages[position].independent.insert(variable)
      }
    }
  }

  private func reportCollision(
    _ name: String, _ template: ScalarNode, _ earlier: ExpandedStage, _ context: ReadingContext
  ) {
    let others = earlier.point.text
    let origins =
      earlier.template == template.text
      ? "" : ": one of '\(earlier.template)' and one of '\(template.text)'"
    context.diagnostics.report(
      "two stages are called '\(name)'\(origins)", at: template.span,
      notes: [
        Diagnostic.Note(
          "the first is here\(others.isEmpty ? "" : ", where \(others)")", at: earlier.span)
      ])
  }
}
