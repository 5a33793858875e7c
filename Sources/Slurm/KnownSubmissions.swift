import ArtifactStore
import Basics

/// What was queued and running of some jobs.
package struct QueueListing: Sendable {
  package let names: Set<String>
  package let tasks: [QueuedTask]

  /// Asks the controller, once.
  package init(of submissions: [Submission], _ controller: SlurmController) throws {
    let names = submissions.flatMap { $0.arrays.map(\.name) }
    self.names = Set(names)
    tasks = try controller.tasks(named: names)
  }

  /// Whether it is about all jobs of these submissions.
  func covers(_ submissions: [Submission]) -> Bool {
    submissions.allSatisfy { $0.arrays.allSatisfy { names.contains($0.name) } }
  }
}

/// The submissions that are not over, and their tasks that are queued or running.
struct KnownSubmissions {
  struct Address: Hashable {
    var submission: String
    var number: TaskNumber
  }

  private var open: [Submission] = []
  private var live: [Address: QueuedTask] = [:]
  /// Submissions of which nothing is queued or running any more.
  private(set) var over: [Submission] = []

  /// The number of tasks that are queued or running.
  var count: Int { live.count }

  init(_ submissions: [Submission], _ listing: QueueListing) {
    let queued = Dictionary(grouping: listing.tasks) { $0.name }
    for submission in submissions {
      var isLive = false
      for (position, array) in submission.arrays.enumerated() {
        for task in queued[array.name] ?? [] {
          live[
            Address(
              submission: submission.id, number: TaskNumber(array: position, index: task.index))] =
            task
          isLive = true
        }
      }
      if isLive {
        open.append(submission)
      } else {
        var ended = submission
        ended.isOver = true
        over.append(ended)
      }
    }
  }

  /// The task that computes a stage, unless the stage has failed there already.
  ///
  /// - Parameter deciding: the prepare stages that decide what its fingerprint is. Where it is open, a task for which it
  ///   was not may do something else.
  func place(
    of fingerprint: Fingerprint, deciding: Set<Fingerprint>, _ store: Store
  ) -> (Enrolment.Place, Address)? {
    for submission in open.reversed() {
      guard
        let index = submission.stages.firstIndex(where: {
          $0.fingerprint == fingerprint && $0.deciding == deciding
        }),
        store.failure(of: submission.stages[index]) == nil
      else { continue }
      for (position, array) in submission.arrays.enumerated() {
        for task in array.tasks where task.stages.contains(index) {
          let number = TaskNumber(array: position, index: task.index)
          let address = Address(submission: submission.id, number: number)
          guard let queued = live[address] else { continue }
          let place = Enrolment.Place(
            submission: submission.id, number: number, jobName: array.name, job: queued.job,
            stage: submission.stages[index])
          return (place, address)
        }
      }
    }
    return nil
  }

  /// Notes that tasks were cancelled: `12_3`.
  ///
  /// - Returns: the submissions that they belong to.
  mutating func cancel(_ tasks: Set<String>) -> [Submission] {
    var changed: [Submission] = []
    for index in open.indices {
      let before = open[index].arrays
      open[index].cancel { tasks.contains("\($0)_\($1)") }
      if open[index].arrays != before { changed.append(open[index]) }
    }
    return changed
  }

  /// The tasks that wait in the queue for the same file and settings, and have no stage of the plan: `12_3`.
  func obsolete(
    of file: String, _ settings: [String], wanted: Set<Fingerprint>
  ) -> [String] {
    var found: [String] = []
    for submission in open where submission.file == file && submission.settings == settings {
      for (position, array) in submission.arrays.enumerated() {
        for task in array.tasks {
          let number = TaskNumber(array: position, index: task.index)
          guard let queued = live[Address(submission: submission.id, number: number)],
            !queued.isRunning,
            task.stages.allSatisfy({ !wanted.contains(submission.stages[$0].fingerprint) })
          else { continue }
          found.append("\(queued.job)_\(queued.index)")
        }
      }
    }
    return found
  }
}
