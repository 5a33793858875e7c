import Basics
import Definitions

/// A setting of a training run that, with the images that there are, has no effect, or another than it seems to have. It does not
/// stop a run.
struct TrainingWarning: Hashable {
  /// What is wrong with it: `the batch of 301 is larger than the 300 training images of task 'halves.B': each step takes all of them`.
  let text: String

  /// The stages that it concerns: the first, the place of its task, and how many others there are.
  struct Users {
    var stage: String
    var span: SourceSpan
    var others = 0
  }

  /// - Parameters:
  ///   - images: the number of training images.
  ///   - task: its title.
  static func all(
    in solver: SolverDefinition, _ validation: ValidationRule?, images: Int, task: String
  ) -> [TrainingWarning] {
    let perEpoch = solver.iterationsPerEpoch(images: images)
    let length = solver.length.iterations(perEpoch: perEpoch)
    func steps(_ part: TrainingLength) -> Int { part.iterations(perEpoch: perEpoch) }
    func isLong(_ part: TrainingLength) -> Bool { steps(part) > length }
    // Most stages have nothing to warn of.
    var training: String { "the training on '\(task)', \(counted(length, "iteration"))" }
    var texts: [String] = []
    if solver.batch > images {
      texts.append(
        "the batch of \(grouped(solver.batch)) is larger than the \(counted(images, "training image")) of "
          + "task '\(task)': each step takes all of them")
    }
    if let warmUp = solver.rate.warmUp, !warmUp.hasUnit(of: solver.length), steps(warmUp) >= length
    {
      texts.append(
        "the warm-up of \(warmUp.words) does not end within \(training): the rate never reaches its start"
      )
    }
    switch solver.rate.policy {
    case .multistep(let places, _):
      if let place = places.last, steps(place) >= length {
        texts.append("the rate changes at \(place.words), after the end of \(training)")
      }
    case .restarts(let every, _, _) where isLong(every):
      texts.append(
        "the first cycle of the rate, \(every.words), is longer than \(training): the rate has not "
          + "decreased to its end by then")
    default: break
    }
    if let average = solver.average, isLong(average) {
      texts.append(
        "the average over \(average.words) is longer than \(training): it covers all of it")
    }
    if let validation {
      if isLong(validation.every) {
        texts.append(
          "\(validation.every.words) between validations are longer than \(training): there is one, at the end"
        )
      } else if let patience = validation.patience,
        let count = validation.count(in: solver, images: images), patience >= count
      {
        texts.append(
          "a patience of \(counted(patience, "measurement")) is not exhausted in \(training), which has "
            + "\(grouped(count)): it never stops early")
      }
    }
    return texts.map(TrainingWarning.init)
  }
}

extension TrainingLength {
  /// Whether both are epochs or both iterations, so that the file alone shows which is longer.
  fileprivate func hasUnit(of other: TrainingLength) -> Bool {
    switch (self, other) {
    case (.epochs, .epochs), (.iterations, .iterations): true
    default: false
    }
  }
}
