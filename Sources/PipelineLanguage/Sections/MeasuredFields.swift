import Basics
import Definitions

/// The description of a stage that measures networks on a subset of a task.
package protocol MeasuringDescription: WorkDescription {
  var task: Described<TaskDefinition> { get set }
  var subset: Portion { get }
}

extension MeasuringDescription {
  package var taskRead: TaskDefinition? { task.content }
  package var subsetRead: Portion? { subset }

  package mutating func resolvePaths(_ resolve: (String) -> String) {
    task.content.resolvePath(resolve)
  }
}

/// The images that a stage measures networks on: its `on` and `subset`.
struct MeasuredFields {
  /// `nil` for the task that the network was trained on.
  var task: Described<TaskDefinition>?
  var subset: Portion

  /// The task that a network is measured on; `nil` after reporting that it cannot be.
  func task(
    of name: String, _ trained: TrainedNetwork, _ fit: StageFit
  ) -> Described<TaskDefinition>? {
    if let task, !fit.checkEvaluation(of: name, trained, on: task) { return nil }
    var measured = task ?? trained.task
    // A limit on examples applies only to training.
    measured.content.examples = nil
    return measured
  }
}

extension FieldReader {
  /// Reads `on` and `subset`; `nil` after an error was reported.
  mutating func measured(_ stages: StageReader) -> MeasuredFields? {
    let task = optional("on", default: Described<TaskDefinition>?.none) {
      stages.tasks.find($0).map(Optional.some)
    }
    let subset = optional("subset", default: Portion.test) { $0.choice() }
    guard let task, let subset else { return nil }
    return MeasuredFields(task: task, subset: subset)
  }
}
