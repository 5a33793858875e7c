import Basics

/// Checks that a split lists each class once, in one task.
struct ClassPlaces {
  private var places: [String: (task: String, span: SourceSpan)] = [:]

  /// Adds a task's classes; reports those that were listed before and returns whether there are none.
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
