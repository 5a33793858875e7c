import Basics
import Definitions

/// All tasks of a pipeline: `split.task`, or a dataset's name for all of its classes.
struct Tasks {
  var datasets: Catalogue<LocatedDataset>
  var splits: Catalogue<Split>

  /// The task that a field names; `nil` if it has errors, or is unknown, which is reported.
  func find(_ field: Field) -> Described<TaskDefinition>? {
    guard let scalar = field.scalar("a task") else { return nil }
    let text = scalar.text
    let span = field.span
    if let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) {
      let name = String(text[..<dot])
      guard let split = splits.find(name, at: span, field.context) else { return nil }
      let taskName = String(text[text.index(after: dot)...])
      if let task = split.content.tasks[taskName] { return Described(task, at: span) }
      field.report(
        "split '\(name)' has no task '\(taskName)'",
        notes: Diagnostic.Note.allowed(
          Array(split.content.tasks.keys), insteadOf: taskName, as: "tasks of '\(name)'"))
      return nil
    }
    if let dataset = datasets.entries[text] {
      return dataset.map { _ in
        Described(
          TaskDefinition(dataset: text, split: nil, name: text, classes: .all), at: span)
      }
    }
    if let split = splits.entries[text] {
      guard let split else { return nil }
      field.report(
        "'\(text)' is a split, not a task",
        notes: Diagnostic.Note.allowed(
          split.content.tasks.keys.map { "\(text).\($0)" }, insteadOf: text, as: "tasks"))
      return nil
    }
    if !datasets.isBroken {
      field.report(
        "there is no task '\(text)'",
        notes: Diagnostic.Note.allowed(names, insteadOf: text, as: "tasks"))
    }
    return nil
  }

  /// The task and examples trained on: a task, or `{task: halves.A, examples: 500}`.
  func findTraining(_ field: Field) -> Described<TaskDefinition>? {
    guard case .mapping = field.node else { return find(field) }
    guard var reader = FieldReader(field, Subject("'on'")) else { return nil }
    let task = reader.required("task") { find($0) }
    let examples = reader.required("examples") { $0.integer(in: Tasks.examples) }
    reader.finish()
    guard var task, let examples else { return nil }
    task.content.examples = examples
    return task
  }

  /// The range of a limit on training images per class.
  static let examples = 1...1_000_000_000

  private var names: [String] {
    splits.good.flatMap { split in split.value.content.tasks.keys.map { "\(split.key).\($0)" } }
      + datasets.good.keys
  }
}
