import Basics

/// Checks that the classes in a split belong to its dataset, if the dataset's classes are known.
struct KnownNames {
  private let dataset: LocatedDataset?
  private let datasetName: String
  /// `nil` if the names are unknown.
  private let names: [String]?
  private let set: Set<String>

  init(_ dataset: LocatedDataset?, named name: String) {
    self.dataset = dataset
    datasetName = name
    if case .named(let names)? = dataset?.definition.knownClasses {
      (self.names, set) = (names, Set(names))
    } else {
      (names, set) = (nil, [])
    }
  }

  /// Reports unknown classes; returns whether there are none.
  func check(_ listed: [Described<String>], context: ReadingContext) -> Bool {
    guard let names else { return true }
    var isSound = true
    for name in listed where !set.contains(name.content) {
      isSound = false
      context.diagnostics.report(
        "dataset '\(datasetName)' has no class '\(name.content)'", at: name.span,
        notes: Diagnostic.Note.allowed(names, insteadOf: name.content, as: "classes")
          + (dataset?.places["classes"].map { [Diagnostic.Note("they are given here", at: $0)] }
            ?? []))
    }
    return isSound
  }
}

/// Checks that a split lists each class once, in a single task.
struct ClassPlaces {
  private var places: [String: (task: String, span: SourceSpan)] = [:]

  /// Adds a task's classes; reports classes that were listed before, and returns whether there are none.
  mutating func add(
    _ classes: [Described<String>], task: String, context: ReadingContext
  ) -> Bool {
    var isSound = true
    for name in classes {
      guard let earlier = places[name.content] else {
        places[name.content] = (task, name.span)
        continue
      }
      isSound = false
      let message =
        earlier.task == task
        ? "class '\(name.content)' is listed twice in task '\(task)'"
        : "class '\(name.content)' is listed in task '\(task)' and in task '\(earlier.task)'"
      context.diagnostics.report(
        message, at: name.span,
        notes: [Diagnostic.Note("it is first listed here", at: earlier.span)])
    }
    return isSound
  }
}
