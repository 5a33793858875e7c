import Basics
import Definitions

/// A network only distinguishes the classes that it was trained on.
package enum MeasuredClasses {
  /// The problem of measuring a network on classes that it was not trained on.
  ///
  /// - Parameters:
  ///   - trainedClasses: the names of the classes that it was trained on; `nil` if unknown.
  ///   - classes: those of the task that it is measured on.
  package static func problem(
    network: String, trained: Described<TaskDefinition>, trainedClasses: [String]?,
    task: Described<TaskDefinition>, classes: [String]?
  ) -> Diagnostic {
    var reason = "the classes of '\(trained.content.title)'"
    if let trainedClasses, let classes {
      if trainedClasses.count != classes.count {
        reason = "\(trainedClasses.count) classes, and '\(task.content.title)' has \(classes.count)"
      } else if let other = classes.first(where: { !trainedClasses.contains($0) }) {
        reason += ", and '\(other)' is none of them"
      }
    }
    return .error(
      "'\(network)' cannot be measured on '\(task.content.title)': it distinguishes \(reason)",
      at: task.span,
      notes: [
        Diagnostic.Note("it is trained on '\(trained.content.title)' here", at: trained.span),
        Diagnostic.Note(
          "to measure what was learned on other classes, transfer to them with the last layer "
            + "initialized"),
      ])
  }
}
