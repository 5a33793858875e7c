import Basics
import Definitions

/// A treatment of a study: the source of the first n layers of a network, the task it is then trained on, and whether
/// the copied layers learn.
struct StudyTreatment {
  enum Source: Hashable {
    /// A task, by its position in the study.
    case task(Int)
    /// No task: the layers are initialised and frozen.
    case random
  }

  var source: Source
  /// The position of the task in the study.
  var target: Int
  /// `nil` for each depth of the study.
  var depth: Int?
  var verb: LayerVerb
  /// The number of layers beyond the frozen ones that are copied and learn; `nil` if the study states it.
  var preserved: Int?
  /// `nil` if it is trained at once.
  var phases: StudyPhases?
  var span: SourceSpan

  /// Whether the study's `preserve` applies.
  var mayPreserve: Bool { verb == .freeze }

  /// The same with the two tasks of a study exchanged.
  var swapped: StudyTreatment {
    var result = self
    if case .task(let index) = source { result.source = .task(1 - index) }
    result.target = 1 - target
    return result
  }

  /// Distinguishes the treatment from others of its study.
  var identity: [Int] {
    let sourceIndex = if case .task(let index) = source { index } else { -1 }
    let verbIndex = LayerVerb.allCases.firstIndex(of: verb) ?? -1
    return [sourceIndex, target, depth ?? -1, verbIndex, preserved ?? -1]
      + (phases?.name.utf8.map(Int.init) ?? [])
  }
}

// MARK: - Reading

extension Field {
  /// Reads `AnB+`, `natural→man-made`, `{from: natural, to: man-made, layers: 3, then: fine-tune}`, or
  /// `{treatment: AnB+, name: lp-ft, phases: […]}`.
  func treatment(of tasks: StudyTasks, _ stages: inout StageReader) -> StudyTreatment? {
    guard case .mapping(let mapping) = node else { return treatmentText(tasks) }
    guard mapping.entries.contains(where: { $0.key.text == "treatment" }) else {
      return treatmentMapping(tasks, &stages)
    }
    guard var reader = FieldReader(self, Subject("treatment")) else { return nil }
    let treatment = reader.required("treatment") { $0.treatmentText(tasks) }
    let phases = reader.studyPhases(&stages)
    reader.finish()
    guard var treatment, let phases else { return nil }
    treatment.phases = phases
    return treatment
  }

  private func treatmentText(_ tasks: StudyTasks) -> StudyTreatment? {
    guard let scalar = scalar("a treatment such as AnB") else { return nil }
    guard let text = TreatmentNotation(scalar.text) else {
      report(
        "'\(scalar.text)' is not a treatment",
        notes: [
          Diagnostic.Note(
            "write a source, n or a number, and a target, as in AnB, B3B+ and RnB; with whole names, "
              + "natural→man-made, or {from: natural, to: man-made}")
        ])
      return nil
    }
    let source = self.source(text.source, tasks)
    let target = task(text.target, tasks)
    guard let source, let target else { return nil }
    return treatment(
      StudyTreatment(
        source: source, target: target, depth: text.depth,
        verb: text.isFineTuned ? .fineTune : .freeze, preserved: text.preserved, span: span))
  }

  private func treatmentMapping(
    _ tasks: StudyTasks, _ stages: inout StageReader
  ) -> StudyTreatment? {
    guard var reader = FieldReader(self, Subject("treatment")) else { return nil }
    let source = reader.required("from") { field in
      field.part.flatMap { field.source($0, tasks) }
    }
    let target = reader.required("to") { field in field.part.flatMap { field.task($0, tasks) } }
    let depth = reader.optional("layers", default: Int?.none) {
      $0.integer(in: StudyLimits.depth).map(Optional.some)
    }
    let verb = reader.optional("then", default: LayerVerb.freeze) {
      $0.word([LayerVerb.freeze.rawValue, LayerVerb.fineTune.rawValue])
        .flatMap(LayerVerb.init(rawValue:))
    }
    let preserved = reader.optional("preserve", default: Int?.none) {
      $0.integer(in: StudyLimits.preserved).map(Optional.some)
    }
    let phases = reader.studyPhases(&stages)
    reader.finish()
    guard let source, let target, let depth, let verb, let preserved, let phases else { return nil }
    return treatment(
      StudyTreatment(
        source: source, target: target, depth: depth, verb: verb, preserved: preserved,
        phases: phases, span: span))
  }

  private var part: TreatmentNotation.Part? {
    text().map { TreatmentNotation.Part(text: $0, range: 0..<$0.utf8.count) }
  }

  private func source(_ part: TreatmentNotation.Part, _ tasks: StudyTasks) -> StudyTreatment.Source?
  {
    StudyTasks.isRandom(part.text) ? .random : task(part, tasks).map(StudyTreatment.Source.task)
  }

  private func task(_ part: TreatmentNotation.Part, _ tasks: StudyTasks) -> Int? {
    if let index = tasks.index(of: part.text) { return index }
    var place = span
    if case .scalar(let scalar) = node, !ReferenceText.mayRefer(scalar.text) {
      place = scalar.span(ofUTF8: part.range)
    }
    context.diagnostics.report(
      "the study has no task '\(part.text)'", at: place,
      notes: Diagnostic.Note.allowed(tasks.names, insteadOf: part.text, as: "study's tasks"))
    return nil
  }

  /// Checks the combination of the parts.
  private func treatment(_ treatment: StudyTreatment) -> StudyTreatment? {
    var treatment = treatment
    if treatment.source == .random {
      guard treatment.verb == .freeze, treatment.preserved == nil else {
        report(
          "random layers are frozen: there is nothing to "
            + (treatment.verb == .freeze ? "preserve" : "fine-tune"))
        return nil
      }
      treatment.verb = .random
    }
    if treatment.verb == .fineTune, treatment.preserved != nil {
      report("all copied layers learn: there is nothing to preserve")
      return nil
    }
    if treatment.depth == 0 {
      report("a treatment that copies no layers is the base network, which every study includes")
      return nil
    }
    return treatment
  }
}
