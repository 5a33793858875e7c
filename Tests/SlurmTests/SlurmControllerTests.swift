import Basics
import Slurm
import Testing

/// Answers like Slurm's commands, one after the other, and records what was asked.
private final class Answers: Sendable {
  private let state: Guarded<(left: [CommandResult], asked: [[String]])>

  init(_ results: CommandResult...) { state = Guarded((results, [])) }

  var asked: [[String]] { state.withLock { $0.asked } }

  func controller(attempts: Int = 4) -> SlurmController {
    SlurmController(
      attempts: attempts, firstPause: 0.001,
      perform: { words, _ throws(DiagnosticError) in
        self.state.withLock { state in
          state.asked.append(words)
          return state.left.count > 1 ? state.left.removeFirst() : state.left[0]
        }
      })
  }
}

private let busy = CommandResult(
  status: 1,
  errors:
    "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\n"
)

/// What is read from Slurm's answers, and what happens if there is none. That Slurm gives such answers is tested with
/// Slurm itself: `make test-slurm`.
@Suite struct SlurmControllerTests {
  @Test func nodesOfPartitions() throws {
    let answers = Answers(
      CommandResult(
        status: 0,
        output: "main*|up|1-02:03:04|4|16|64000\nlong|down|infinite|1+|8+|32000+\nnonsense\n"))
    let nodes = try answers.controller().nodes()
    #expect(
      nodes == [
        PartitionNodes(
          partition: "main", isDefault: true, isUp: true, limit: 1563, count: 4, processors: 16,
          memory: 64000),
        PartitionNodes(
          partition: "long", isDefault: false, isUp: false, limit: nil, count: 1, processors: 8,
          memory: 32000),
      ])
  }

  @Test func timesOfSlurm() {
    #expect(PartitionNodes.minutes("1:00:00") == 60)
    #expect(PartitionNodes.minutes("30:00") == 30)
    #expect(PartitionNodes.minutes("7-00:00:00") == 10080)
    #expect(PartitionNodes.minutes("infinite") == nil)
    #expect(PartitionNodes.minutes("") == nil)
  }

  @Test func queuedTasks() throws {
    let answers = Answers(
      CommandResult(
        status: 0,
        output: """
          12|3|a-1.0|RUNNING|node2|1000|4000|None
          13|0|a-1.1|PENDING||N/A|N/A|Dependency
          14|N/A|a-1.1|PENDING||N/A|N/A|Dependency

          """))
    let tasks = try answers.controller().tasks(named: ["a-1.0", "a-1.1"])
    #expect(
      tasks == [
        QueuedTask(
          job: 12, index: 3, name: "a-1.0", state: "RUNNING", node: "node2", start: 1000,
          end: 4000, reason: "None"),
        QueuedTask(
          job: 13, index: 0, name: "a-1.1", state: "PENDING", node: "", start: nil, end: nil,
          reason: "Dependency"),
      ])
    #expect(answers.asked[0].contains("--name=a-1.0,a-1.1"))
    #expect(try answers.controller().tasks(named: []).isEmpty)
    #expect(answers.asked.count == 1)
  }

  @Test func aBusyControllerIsAskedAgain() throws {
    let answers = Answers(
      busy, CommandResult(status: 0), CommandResult(status: 0, output: "17;there\n"))
    #expect(try answers.controller().submit("a.sh", named: "a-1.0") == .accepted(17))
    // The first answer may have been lost after the job was accepted.
    #expect(answers.asked.map { $0[0] } == ["sbatch", "squeue", "sbatch"])
  }

  @Test func aJobWhoseAnswerWasLostIsFound() throws {
    let answers = Answers(
      busy, CommandResult(status: 0, output: "21|0|a-1.0|PENDING||N/A|N/A|None\n"))
    #expect(try answers.controller().submit("a.sh", named: "a-1.0") == .accepted(21))
    #expect(answers.asked.map { $0[0] } == ["sbatch", "squeue"])
  }

  @Test func aControllerThatIsGoneIsAnError() {
    let answers = Answers(busy)
    #expect(throws: DiagnosticError.self) { try answers.controller().nodes() }
    #expect(answers.asked.count == 4)
  }

  @Test func aLimitOfSubmittedJobsIsNoError() throws {
    let answers = Answers(
      CommandResult(
        status: 1,
        errors:
          "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n"
      ))
    guard case .full(let words) = try answers.controller().submit("a.sh", named: "a") else {
      Issue.record("it is not full")
      return
    }
    #expect(words.hasPrefix("QOSMaxSubmitJobPerUserLimit; Batch job"))
    #expect(answers.asked.count == 1)
  }

  @Test func aRefusalIsAnErrorAtOnce() {
    let answers = Answers(
      CommandResult(
        status: 1,
        errors:
          "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified\n"
      ))
    let error = #expect(throws: DiagnosticError.self) {
      try answers.controller().submit("a.sh", named: "a")
    }
    #expect(
      error?.diagnostics.first?.message
        == "sbatch refuses 'a.sh': Batch job submission failed: Invalid account or account/partition combination specified"
    )
    #expect(answers.asked.count == 1)
  }

  @Test func withoutSlurmTheMessageSaysSo() {
    let controller = SlurmController(perform: {
      words, environment throws(DiagnosticError) in
      try CommandResult.running(["/nonexistent/" + words[0]], environment: environment)
    })
    let error = #expect(throws: DiagnosticError.self) { try controller.nodes() }
    #expect(
      error?.diagnostics.first?.message
        == "Slurm is not installed on this machine: there is no program 'sinfo'")
  }

  @Test func programsRunWithTheirOutputAndStatus() throws {
    let result = try CommandResult.running(
      ["sh", "-c", "echo $WORD; echo no >&2; head -c 200000 /dev/zero; exit 3"],
      environment: ["WORD=yes"])
    #expect(result.status == 3 && result.errors == "no\n")
    #expect(result.output.hasPrefix("yes\n") && result.output.utf8.count == 200_004)
    #expect(try CommandResult.running(["sh", "-c", "kill -TERM $$"]).status == 143)
  }
}
