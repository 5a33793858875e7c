import ArtifactStore
import Basics

/// The stored states that a training run passes through. It resumes from the furthest readable one.
package struct Continuation: Hashable, Sendable {
  /// At least one, the furthest first.
  package let states: [Checkpoint]

  private init(_ furthest: Checkpoint, _ others: [Checkpoint]) { states = [furthest] + others }

  /// The name of the stage that wrote the furthest state.
  package var stage: String { states[0].stage }
  /// Completed steps.
  package var iteration: Int { states[0].mark.iteration }
  /// Whether that stage was interrupted there, rather than finished.
  package var isInterrupted: Bool { states[0].origin == .interrupted }
}

extension Continuation {
  /// - Parameter checkpoints: the states on a trajectory, the furthest first.
  /// - Returns: `nil` for a stage that does not train, and if it passes through none of them.
  package init?(
    of stage: DraftedStage, among checkpoints: (_ trajectory: Fingerprint) throws -> [Checkpoint]
  ) rethrows {
    guard let work = stage.work.training, let trajectory = stage.trajectory else { return nil }
    // Fewer if images are skipped. A state of more steps an epoch is of another training run, and would take long to
    // compare.
    let mostPerEpoch = work.solver.iterationsPerEpoch(images: work.trainingImages)
    let states = try checkpoints(trajectory).filter { checkpoint in
      let mark = checkpoint.mark
      guard mark.perEpoch <= mostPerEpoch else { return false }
      let length = work.solver.length.iterations(perEpoch: mark.perEpoch)
      return mark.iteration <= length
        && mark.rates
          == work.solver.rate.digest(
            ofFirst: mark.iteration, perEpoch: mark.perEpoch, length: length)
    }
    guard let furthest = states.first else { return nil }
    self.init(furthest, Array(states.dropFirst()))
  }
}
