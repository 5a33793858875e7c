import ArtifactStore
import Basics

/// The states in a store that a training comes through: it resumes from the furthest that can be read.
package struct Continuation: Hashable, Sendable {
  /// The furthest first; at least one.
  package let states: [Checkpoint]

  private init(_ furthest: Checkpoint, _ others: [Checkpoint]) { states = [furthest] + others }

  /// The name of the stage that came so far.
  package var stage: String { states[0].stage }
  /// Steps made.
  package var iteration: Int { states[0].mark.iteration }
  /// Whether that stage was interrupted there, and not finished.
  package var isInterrupted: Bool { states[0].origin == .interrupted }
}

extension Continuation {
  /// - Parameter checkpoints: the states on a trajectory, the furthest first.
  /// - Returns: `nil` for a stage that does not train, and where it comes through none of them.
  package init?(
    of stage: DraftedStage, among checkpoints: (_ trajectory: Fingerprint) throws -> [Checkpoint]
  ) rethrows {
    guard let work = stage.work as? TrainWork, let trajectory = stage.trajectory else { return nil }
    let states = try checkpoints(trajectory).filter { checkpoint in
      let mark = checkpoint.mark
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
