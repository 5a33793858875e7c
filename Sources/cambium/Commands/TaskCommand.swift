import ArgumentParser
import ArtifactStore
import Basics
import Glibc
import Slurm
import SystemPackage

/// `cambium task FOLDER ARRAY INDEX`, which the scripts of submissions start.
struct TaskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task", abstract: "Performs a task of a submission.", shouldDisplay: false)

  @Argument(help: "The folder of the submission.")
  var folder: String
  @Argument(help: "The position of the job array in the submission.")
  var array: Int
  @Argument(help: "The index of the task.")
  var index: Int

  func run() throws {
    let stop = stopOnSignals()
    let folder = FilePath(folder)
    let store = Store(at: folder.removingLastComponent().removingLastComponent())
    let number = TaskNumber(array: array, index: index)
    guard let id = folder.lastComponent?.string, let submission = store.readSubmission(id),
      let task = submission.task(number)
    else {
      throw DiagnosticError(
        "task \(array)-\(index) of submission '\(folder)' cannot be read on \(ProcessIdentity.hostName)",
        notes: [.init("all nodes have to see the store at this path")])
    }
    var performed = ClusterTask(submission, number, task, in: store, stop: stop)
    try performed.run()
  }
}
