import ArtifactStore
import Basics
import Planning
import Slurm
import SystemPackage

/// What Slurm says of a store's jobs, asked for once a minute at most.
struct QueueView {
  private var queued: [QueuedTask] = []
  private var problem: String?
  private var asked: Double?
  private var names: [String] = []

  private static let interval = 60.0

  /// The status of what was submitted and is not known to be over; `nil` if there is nothing.
  ///
  /// - Parameter plan: shows which stages need one that has failed.
  mutating func status(of store: Store, _ plan: Plan?, now: Double) throws -> ClusterStatus? {
    let submissions = try store.openSubmissions()
    guard !submissions.isEmpty else { return nil }
    let names = submissions.flatMap { $0.arrays.map(\.name) }
    let time = monotonicSeconds()
    if asked.map({ time - $0 >= QueueView.interval }) ?? true || names != self.names {
      asked = time
      self.names = names
      do {
        queued = try SlurmController(attempts: 1).tasks(named: names)
        problem = nil
      } catch let error as DiagnosticError {
        problem = error.diagnostics.first?.message ?? "\(error)"
      }
    }
    if let problem { return ClusterStatus(problem: problem) }
    let status = try ClusterStatus(
      of: submissions, queued: queued, in: store, blocked: plan?.blocked ?? [], now: now)
    return status.isEmpty ? nil : status
  }
}

extension Plan {
  /// The stages that need one that has failed as it is.
  fileprivate var blocked: Set<Fingerprint> {
    var blocked: Set<Fingerprint> = []
    var failed: Set<Fingerprint> = []
    for stage in stages {
      if case .failed? = stage.status.reason {
        failed.insert(stage.fingerprint)
      } else if stage.inputs.contains(where: {
        failed.contains($0.fingerprint) || blocked.contains($0.fingerprint)
      }) {
        blocked.insert(stage.fingerprint)
      }
    }
    return blocked
  }
}

/// The output of the latest job that computed a stage, or is to.
struct JobOutput {
  let job: String
  let path: FilePath
  private let text: String?

  /// `nil` if the stage was not submitted to a cluster.
  init?(of stage: String, in store: Store) throws {
    for submission in try store.submissions().reversed() {
      guard let number = submission.tasks(of: stage).last else { continue }
      job = submission.jobName(of: number) ?? "?"
      path = store.submissionFolder(submission.id).appending(Submission.outputName(number))
      text = (try? store.fileSystem.contents(of: path)).map { String(decoding: $0, as: UTF8.self) }
      return
    }
    return nil
  }

  var title: String {
    printable(
      "job \(job): "
        + (text == nil ? "has not written anything to '\(path)'" : "its output is in '\(path)'"))
  }

  /// The end of it.
  var lastLines: [String] {
    (text ?? "").split(separator: "\n").suffix(20).map { printable(String($0)) }
  }
}
