import Basics
import Definitions
import OrderedCollections

/// A division of a dataset's classes among tasks.
struct Split: Sendable {
  var tasks: OrderedDictionary<String, TaskDefinition>

  /// The tasks, if files list some of their classes: whether they have a class in common is not known before these
  /// are read.
  var division: [TaskDefinition]? {
    let isListed = tasks.values.contains {
      if case .listed = $0.classes { true } else { false }
    }
    return isListed ? Array(tasks.values) : nil
  }

  /// Reads `{dataset: …, random: {…}}` or `{dataset: …, classes: {…}}`.
  static func read(
    _ name: String, _ field: Field, datasets: Catalogue<LocatedDataset>
  ) -> Split? {
    guard var reader = FieldReader(field, Subject("split", name)) else { return nil }
    let dataset = reader.required("dataset") { field in
      field.text().flatMap { name in
        datasets.find(name, at: field.span, field.context).map { (name: name, content: $0.content) }
      }
    }
    let division = reader.one(of: ["random", "classes"])
    reader.finish()
    guard let division,
      let selections =
        division.name == "random"
        ? random(division) : classes(division, of: dataset?.content, named: dataset?.name ?? "")
    else { return nil }
    guard let dataset else { return nil }
    var tasks: OrderedDictionary<String, TaskDefinition> = [:]
    for (task, classes) in selections {
      tasks[task] = TaskDefinition(dataset: dataset.name, split: name, name: task, classes: classes)
    }
    return Split(tasks: tasks)
  }

  /// `{tasks: [A, B], seed: 0}`
  private static func random(_ field: Field) -> OrderedDictionary<String, ClassSelection>? {
    guard var reader = FieldReader(field, Subject("'random'")) else { return nil }
    let tasks = reader.required("tasks") { $0.taskNames() }
    let seed = reader.optional("seed", default: 0) { $0.seed() }
    reader.finish()
    guard let tasks, let seed else { return nil }
    var selections: OrderedDictionary<String, ClassSelection> = [:]
    for (index, task) in tasks.enumerated() {
      selections[task] = .random(seed: seed, task: index, tasks: tasks.count)
    }
    return selections
  }

  /// `{natural: [bird, cat], man-made: {file: man-made.txt}}`
  ///
  /// - Parameter dataset: the dataset of the classes; `nil` if an error in it was reported.
  private static func classes(
    _ field: Field, of dataset: LocatedDataset?, named datasetName: String
  ) -> OrderedDictionary<String, ClassSelection>? {
    guard let entries = field.entries("a mapping from tasks to lists of classes") else {
      return nil
    }
    var selections: OrderedDictionary<String, ClassSelection> = [:]
    var places = ClassPlaces()
    let known = KnownNames(dataset, named: datasetName)
    var isSound = true
    for (key, field) in entries {
      let isNamed = field.context.check(key.text, .definition, "task", at: key.span)
      if case .mapping = field.node {
        guard let file = field.classFile(), isNamed else {
          isSound = false
          continue
        }
        selections[key.text] = .listed(file)
        continue
      }
      let names = field.list("a list of classes, or {file: path}") { element in
        element.text().map { Described($0, at: element.span) }
      }
      guard let names, isNamed else {
        isSound = false
        continue
      }
      if !places.add(names, task: key.text, context: field.context) { isSound = false }
      if !known.check(names, context: field.context) { isSound = false }
      selections[key.text] = .named(names.map(\.content))
    }
    return isSound ? selections : nil
  }
}

extension Field {
  /// Two or more distinct names.
  fileprivate func taskNames() -> [String]? {
    let named = list("a list of names") { element -> Described<String>? in
      guard let name = element.text(),
        element.context.check(name, .definition, "task", at: element.span)
      else { return nil }
      return Described(name, at: element.span)
    }
    guard let named else { return nil }
    guard named.count >= 2 else {
      report("a random split needs at least two tasks")
      return nil
    }
    return distinct(named, "task") ? named.map(\.content) : nil
  }

  /// Whether all names are distinct; reports duplicates.
  func distinct(_ names: [Described<String>], _ kind: String) -> Bool {
    var first: [String: SourceSpan] = [:]
    var isSound = true
    for name in names {
      if let earlier = first[name.content] {
        isSound = false
        context.diagnostics.report(
          "\(kind) '\(name.content)' is listed twice", at: name.span,
          notes: [Diagnostic.Note("it is first listed here", at: earlier)])
      } else {
        first[name.content] = name.span
      }
    }
    return isSound
  }
}
