import Basics
import Definitions
import OrderedCollections

/// Expands studies into train, transfer and evaluate stages, and one report each.
///
/// What several studies need, or a stage of the file already computes, is computed once.
struct StudyExpander {
  /// Datasets that repetitions change, under separate names.
  private(set) var datasets: OrderedDictionary<String, Described<LocatedDataset>> = [:]
  /// See `Description`: the splits at each point of a repetition, of those datasets.
  private(set) var divisions: OrderedSet<[TaskDefinition]> = []

  private let library: Library
  private let parameters: OrderedDictionary<String, Parameter>
  private var shared: SharedStages

  init(
    _ library: Library, parameters: OrderedDictionary<String, Parameter>, among table: StageTable
  ) {
    self.library = library
    self.parameters = parameters
    shared = SharedStages(table)
  }

  /// Reads the section and adds the stages of its studies.
  mutating func expand(_ section: Field, into table: inout StageTable) {
    guard case .mapping(let mapping) = section.node else {
      if !section.isEmpty {
        section.mismatch("a mapping from names to studies")
        table.addUnknown("*")
      }
      return
    }
    for entry in mapping.entries {
      let field = Field(
        name: entry.key.text, node: entry.value, keySpan: entry.key.span, context: section.context)
      if !expand(entry.key, field, into: &table) {
        table.addUnknown("\(entry.key.text)*")
        table.addUnknown("\(StudyStages.testPrefix)\(entry.key.text)*")
      }
    }
  }

  /// Adds the stages of one study; returns whether there were no errors.
  private mutating func expand(
    _ name: ScalarNode, _ field: Field, into table: inout StageTable
  ) -> Bool {
    let context = field.context
    guard context.check(name.text, .definition, "study", at: name.span),
      let repetition = StudyRepetition(field, parameters: parameters)
    else { return false }
    let values = field.node.size + library.size(referringTo: repetition.reboundNames)
    guard repetition.count * values <= Sweep.mostValues else {
      context.diagnostics.report(
        "the study repeats \(values) values \(repetition.count) times, more than "
          + "\(Sweep.mostValues) in all", at: name.span)
      return false
    }
    var evaluations: [Described<String>] = []
    var known: Set<String> = []
    var isSound = true
    repetition.forEachPoint { point in
      guard !table.isFull else { return }
      context.diagnostics.enter(point)
      defer { context.diagnostics.point = nil }
      let overrides = repetition.overrides(at: point)
      var field = field.at(point)
      field.context.scope.parameters.merge(overrides) { $1 }
      let library = library.rebound(to: overrides)
      guard var reader = StudyReader(name.text, field, at: point, library: library),
        var study = reader.read(), keepDatasets(of: &study, library, overrides, context)
      else {
        isSound = false
        return
      }
      addDivisions(of: study, library)
      var stages = StudyStages(study: study, name: name, point: point, context: context)
      guard let found = stages.add(to: &table, sharing: &shared) else {
        isSound = false
        return
      }
      for evaluation in found where known.insert(evaluation.content).inserted {
        evaluations.append(evaluation)
      }
    }
    guard isSound, !table.isFull else { return false }
    let report = ReportDraft(patterns: evaluations, span: name.span)
    return table.add(
      ExpandedStage(
        name: name.text, template: name.text, span: name.span, point: [:],
        draft: report), context)
  }

  private mutating func addDivisions(of study: Study, _ library: Library) {
    for task in study.tasks.tasks {
      guard let name = task.content.split, let split = library.splits.entries[name] ?? nil,
        var division = split.content.division
      else { continue }
      for index in division.indices { division[index].dataset = task.content.dataset }
      divisions.append(division)
    }
  }

  /// Names the datasets of the study's tasks that differ from their definition elsewhere.
  private mutating func keepDatasets(
    of study: inout Study, _ library: Library, _ overrides: [String: Binding],
    _ context: ReadingContext
  ) -> Bool {
    for index in study.tasks.tasks.indices {
      let name = study.tasks.tasks[index].content.dataset
      guard let here = library.datasets.entries[name] ?? nil,
        let elsewhere = self.library.datasets.entries[name] ?? nil,
        here.content.definition != elsewhere.content.definition
      else { continue }
      let references = library.datasets.references(of: name)
      let changed = overrides.filter { references.contains($0.key) }
        .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      let newName = name + changed.map { ".\($0.key)-\($0.value.text)" }.joined()
      guard context.check(newName, .stage, "dataset", at: study.tasks.tasks[index].span) else {
        return false
      }
      datasets[newName] = here
      study.tasks.tasks[index].content.dataset = newName
    }
    return true
  }
}
