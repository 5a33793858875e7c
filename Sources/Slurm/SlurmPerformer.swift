import ArtifactStore
import Basics
import Execution
import Glibc
import Planning

/// Has stages performed by tasks of Slurm.
///
/// All of them are submitted before the run starts; a stage's turn only means that from now on its end is waited for. Ends and
/// progress are read from the store. The controller is asked once a minute at most, to notice tasks that are gone without a
/// result and to submit what there was no room for.
///
/// A request to stop ends the waiting and not the tasks.
package final class SlurmPerformer: StagePerformer {
  private let desk: StageDesk
  private let submitter: Submitter
  private let controller: SlurmController
  private let request: SubmissionRequest
  private var enrolment: Enrolment

  private var waiting: [Int: StageTurn] = [:]
  private var reports: [StageReport] = []
  /// The runs that are known to compute stages, by fingerprint.
  private var holders: [Fingerprint: String] = [:]
  private var shown: [String: Double] = [:]
  private var lastLook = 0.0
  private var lastQuestion: Double
  /// Stages whose tasks were missing when the controller was last asked.
  private var missed: Set<Fingerprint> = []
  private var resubmissions: [Fingerprint: Int] = [:]

  /// Seconds between two looks at the store, and between two questions to the controller.
  private static let lookInterval = 1.0
  private static let questionInterval = 60.0
  /// How often a stage is submitted again whose task ended without a result.
  private static let mostResubmissions = 3

  /// - Parameter enrolment: the result of submitting the request.
  package init(
    _ enrolment: Enrolment, of request: SubmissionRequest, by submitter: Submitter,
    _ controller: SlurmController, at desk: StageDesk
  ) {
    self.enrolment = enrolment
    self.request = request
    self.submitter = submitter
    self.controller = controller
    self.desk = desk
    // Submitting has asked already.
    lastQuestion = monotonicSeconds()
  }

  package var room: StageRoom? { reports.isEmpty ? StageRoom() : nil }

  package var isIdle: Bool { waiting.isEmpty && reports.isEmpty }

  package func start(_ turn: StageTurn, among ready: Int) {
    if let twin = turn.twin {
      reports.append(StageReport(turn, .ended(.reused(twin))))
    } else {
      waiting[turn.index] = turn
    }
  }

  package func next(within seconds: Double) -> StageReport? {
    let deadline = monotonicSeconds() + seconds
    while true {
      if !reports.isEmpty { return reports.removeFirst() }
      if desk.stop.isRequested {
        for index in waiting.keys.sorted() { end(index, .notStarted) }
        if reports.isEmpty { return nil }
        continue
      }
      let now = monotonicSeconds()
      if now - lastLook >= SlurmPerformer.lookInterval {
        lastLook = now
        look()
        continue
      }
      if now >= deadline { return nil }
      usleep(UInt32(min(0.1, deadline - now) * 1e6))
    }
  }

  private func end(_ index: Int, _ outcome: StageOutcome) {
    guard let turn = waiting.removeValue(forKey: index) else { return }
    holders[turn.stage.fingerprint] = nil
    reports.append(StageReport(turn, .ended(outcome)))
  }

  // MARK: - The store

  private func look() {
    for index in waiting.keys.sorted() {
      guard let turn = waiting[index] else { continue }
      let fingerprint = turn.stage.fingerprint
      if case .found(let artifact)? = try? desk.store.artifact(for: fingerprint) {
        end(index, .produced(artifact, because: turn.reason))
      } else if let stage = enrolment.places[fingerprint]?.stage,
        let failure = desk.store.failure(of: stage),
        (try? desk.store.isFree(fingerprint)) != false
      {
        end(index, .failed(stageFailure(failure, of: turn.stage)))
      }
    }
    showProgress()
    if reports.isEmpty,
      monotonicSeconds() - lastQuestion >= SlurmPerformer.questionInterval
    {
      lastQuestion = monotonicSeconds()
      askController()
    }
  }

  private func stageFailure(_ failure: PastFailure, of stage: PlannedStage) -> StageFailure {
    let path = desk.store.logsFolder.appending(
      "\(failure.run)-\(Store.fileName(for: stage.name)).log")
    let isThere = (try? desk.store.fileSystem.exists(path)) == true
    var error = DiagnosticError(failure.messages.map { .error($0) })
    error.cause = failure.cause
    return StageFailure(of: stage.fingerprint, error: error, log: isThere ? path : nil)
  }

  /// Forwards what the runs in the tasks say about the stages that are waited for.
  private func showProgress() {
    guard !waiting.isEmpty, let all = try? desk.store.holders() else { return }
    let turns = Dictionary(
      waiting.values.map { ($0.stage.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
    var progress: [String: [String: (progress: StageProgress, time: Double)]] = [:]
    var computed: Set<Fingerprint> = []
    for (holder, _) in all {
      guard let turn = turns[holder.fingerprint] else { continue }
      computed.insert(holder.fingerprint)
      if holders[holder.fingerprint] != holder.run {
        holders[holder.fingerprint] = holder.run
        desk.post(
          .stageStarted(turn.stage.name, turn.stage.kind, because: turn.reason, threads: 1))
      }
      if progress[holder.run] == nil {
        progress[holder.run] = desk.store.latestProgress(ofRun: holder.run)
      }
      guard let latest = progress[holder.run]?[holder.stage],
        latest.time > shown[turn.stage.name] ?? 0
      else { continue }
      shown[turn.stage.name] = latest.time
      desk.post(.stageProgress(turn.stage.name, latest.progress))
    }
    for fingerprint in holders.keys where !computed.contains(fingerprint) {
      holders[fingerprint] = nil
    }
  }

  // MARK: - The controller

  /// Notices tasks that are gone, and submits again what they leave and what was held back.
  private func askController() {
    // A stage that is computed has a task.
    let open = waiting.values.map(\.stage).filter { holders[$0.fingerprint] == nil }
    guard !open.isEmpty || enrolment.held > 0 else { return }
    do {
      let listing = try QueueListing(of: desk.store.openSubmissions(), controller)
      try controller.release(
        listing.tasks.filter(\.isHeldAfterLaunch).map { "\($0.job)_\($0.index)" })
      let live = Set(listing.tasks.map { "\($0.name) \($0.index)" })
      var gone: Set<Fingerprint> = []
      for stage in open {
        guard let place = enrolment.places[stage.fingerprint] else { continue }
        if !live.contains("\(place.jobName) \(place.number.index)") {
          gone.insert(stage.fingerprint)
        }
      }
      // A file system of the network may show a result somewhat later.
      let lost = gone.intersection(missed)
      missed = gone.subtracting(lost)
      try replace(lost, after: listing)
    } catch is Interrupted {
    } catch {
      desk.warn(error as? DiagnosticError ?? DiagnosticError("\(error)"))
    }
  }

  private func replace(_ lost: Set<Fingerprint>, after listing: QueueListing) throws {
    for (index, turn) in waiting.sorted(by: { $0.key < $1.key }) {
      let fingerprint = turn.stage.fingerprint
      guard lost.contains(fingerprint) else { continue }
      // It may have ended since.
      if case .found? = try? desk.store.outputs(for: fingerprint) { continue }
      resubmissions[fingerprint, default: 0] += 1
      if resubmissions[fingerprint, default: 0] > SlurmPerformer.mostResubmissions {
        end(index, desk.failure(of: turn.stage, lostError(turn.stage), threads: 1))
      }
    }
    guard !lost.isEmpty || enrolment.held > 0 else { return }
    let earlier = enrolment
    enrolment = try submitter.submit(request, after: listing)
    // Stages with a result since, or computed by runs outside the cluster, keep their place.
    for (fingerprint, place) in earlier.places where enrolment.places[fingerprint] == nil {
      enrolment.places[fingerprint] = place
    }
    let again = lost.filter { resubmissions[$0] ?? 0 <= SlurmPerformer.mostResubmissions }
    if !again.isEmpty {
      let names = waiting.values.filter { again.contains($0.stage.fingerprint) }
        .map { "'\(printable($0.stage.name))'" }.sorted().prefix(5).joined(separator: ", ")
      let place = again.compactMap { earlier.places[$0] }.min { $0.number < $1.number }
      desk.warn(
        DiagnosticError(
          "the tasks of \(counted(again.count, "stage")) ended without a result (\(names)): submitted again",
          notes: place.map(notes) ?? []))
    }
  }

  /// The message for a stage whose tasks end again and again without a result.
  private func lostError(_ stage: PlannedStage) -> DiagnosticError {
    guard let place = enrolment.places[stage.fingerprint] else {
      return DiagnosticError("its task is gone")
    }
    let task = "\(place.job)_\(place.number.index)"
    return DiagnosticError(
      hasStarted(place)
        ? "its task was submitted \(SlurmPerformer.mostResubmissions + 1) times and ended each time without a result (last: job \(task))"
        : "its task never started, although its job ended (last: job \(task))",
      notes: notes(on: place))
  }

  private func hasStarted(_ place: Enrolment.Place) -> Bool {
    let folder = desk.store.submissionFolder(place.submission)
    let starts = folder.appending(Submission.startsName(place.number))
    return (try? desk.store.fileSystem.exists(starts)) == true
  }

  /// Where to look for the reason why a task left no result.
  private func notes(on place: Enrolment.Place) -> [Diagnostic.Note] {
    let folder = desk.store.submissionFolder(place.submission)
    return [
      .init(
        "the output of the job is in '\(folder.appending(Submission.outputName(place.number)))'"),
      .init(
        hasStarted(place)
          ? "a job that exceeds its memory is killed without a word: --sbatch-mem=SIZE"
          : "all nodes have to see the store '\(desk.store.root)' and the program '\(request.program)'"
      ),
    ]
  }
}
