import ArtifactStore
import Basics
import Planning

/// What a store holds of a stage without a result, for the next run to resume from.
package enum SavedWork: Hashable, Sendable {
  case nothing
  /// A training run's state at an iteration, out of all.
  case state(iteration: Int, of: Int)
  /// Files of work that has no iterations.
  case part

  /// `saved at iteration 1,200 of 2,400`
  package var words: String {
    switch self {
    case .nothing: "nothing saved"
    case .state(let iteration, let length):
      "saved at iteration \(grouped(iteration)) of \(grouped(length))"
    case .part: "saved in part"
    }
  }
}

extension Store {
  /// What there is of a stage itself; states of other training runs that it may resume from do not count. This serves to
  /// inform the user, so what cannot be read counts as nothing.
  package func savedWork(of stage: DraftedStage) -> SavedWork {
    if let trajectory = stage.trajectory, let work = stage.work.training,
      let state = try? checkpoints(on: trajectory).first(where: {
        $0.origin == .interrupted && $0.fingerprint == stage.fingerprint
      })
    {
      return .state(
        iteration: state.mark.iteration,
        of: work.solver.length.iterations(perEpoch: state.mark.perEpoch))
    }
    return (try? hasUnfinishedWork(of: stage.fingerprint)) == true ? .part : .nothing
  }
}
