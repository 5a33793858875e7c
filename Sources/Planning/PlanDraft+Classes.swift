import Basics
import Definitions
import PipelineLanguage

extension PlanDraft {
  /// A task's classes in the order of the dataset; `nil`, with a diagnostic, if there is a problem.
  mutating func classes(
    of task: Described<TaskDefinition>, among facts: DatasetFacts
  ) -> ResolvedClasses? {
    var question = task.content
    question.examples = nil
    if let known = knownClasses[question] { return known }
    let found = find(task, among: facts).map { ResolvedClasses($0, of: facts) }
    knownClasses.updateValue(found, forKey: question)
    return found
  }

  private mutating func find(
    _ task: Described<TaskDefinition>, among facts: DatasetFacts
  ) -> [Int]? {
    var selection = task.content.classes
    var listed: [Described<String>] = []
    switch selection {
    case .listed(let file):
      guard let names = names(in: file, task, among: facts) else { return nil }
      listed = names
      selection = .named(names.map(\.content))
    case .named(let names):
      listed = names.map { Described($0, at: task.span) }
    case .all, .random:
      break
    }
    var definition = task.content
    definition.examples = nil
    let problems = overlaps(listed, definition)
    guard problems.isEmpty else {
      report(DiagnosticError(problems), at: task.span)
      return nil
    }
    do throws(UnknownClass) {
      let classes = try selection.positions(among: facts.classes)
      guard classes.count >= 2 else {
        report(
          DiagnosticError(TaskSize.problem(task.content, classes: classes.count)), at: task.span)
        return nil
      }
      return classes
    } catch {
      report(unknown(error.name, task, among: facts), at: task.span)
      return nil
    }
  }

  private func unknown(
    _ name: String, _ task: Described<TaskDefinition>, among facts: DatasetFacts,
    at span: SourceSpan? = nil
  ) -> DiagnosticError {
    DiagnosticError(
      "dataset '\(task.content.dataset)' has no class '\(name)'", at: span,
      notes: Diagnostic.Note.nearestOrAll(to: name, among: facts.classes))
  }

  /// The classes that a file lists for a task.
  private mutating func names(
    in file: ClassFile, _ task: Described<TaskDefinition>, among facts: DatasetFacts
  ) -> [Described<String>]? {
    guard let list = classList(file.path, .line, at: task.span) else { return nil }
    var problems: [Diagnostic] = []
    var names: [Described<String>] = []
    let known = Set(facts.classes)
    for entry in list.entries {
      switch file.lists {
      case .names where known.contains(entry.content):
        names.append(entry)
      case .names:
        problems += unknown(entry.content, task, among: facts, at: entry.span).diagnostics
      case .indices:
        if let index = Int(entry.content), facts.classes.indices.contains(index) {
          names.append(Described(facts.classes[index], at: entry.span))
        } else {
          problems.append(
            .error(
              "'\(entry.content)' is not a class of dataset '\(task.content.dataset)': positions are 0 to "
                + "\(facts.classes.count - 1)", at: entry.span))
        }
      }
      if problems.count == ClassList.mostProblems { break }
    }
    guard problems.isEmpty else {
      report(DiagnosticError(problems), at: task.span)
      return nil
    }
    return names
  }

  /// Classes that the task lists twice, or another task of its split also lists. The language detects these unless a
  /// file lists them.
  private mutating func overlaps(
    _ names: [Described<String>], _ task: TaskDefinition
  ) -> [Diagnostic] {
    guard let siblings = siblings[task] else { return [] }
    var problems: [Diagnostic] = []
    var places: [String: SourceSpan] = [:]
    func report(_ entry: Described<String>, _ tasks: String, first: SourceSpan) {
      guard problems.count < ClassList.mostProblems else { return }
      problems.append(
        .error(
          "class '\(entry.content)' is listed \(tasks)", at: entry.span,
          notes: [Diagnostic.Note("it is first listed here", at: first)]))
    }
    for entry in names {
      let name = entry.content
      if let first = places[name] {
        report(entry, "twice in task '\(task.name)'", first: first)
        continue
      }
      places[name] = entry.span
      for sibling in siblings {
        guard let first = classPlaces[sibling]?[name] else { continue }
        report(entry, "in task '\(task.name)' and in task '\(sibling.name)'", first: first)
        break
      }
    }
    classPlaces[task] = places
    return problems
  }

  /// A class file, read once; `nil`, with a diagnostic, if it cannot be used.
  mutating func classList(
    _ path: String, _ entry: ClassList.Entry, at span: SourceSpan
  ) -> ClassList? {
    do {
      let learned = try catalog.contents(ofList: path)
      if learned.isRemembered, !missing.contains(MissingSource(.classes, path)) {
        missing.append(MissingSource(.classes, path))
      }
      return try ClassList(SourceText.decoding(learned.content, name: path), entry)
    } catch let error as DiagnosticError {
      report(error, at: span)
    } catch {
      report(DiagnosticError("'\(path)' cannot be read: \(error)"), at: span)
    }
    return nil
  }
}
