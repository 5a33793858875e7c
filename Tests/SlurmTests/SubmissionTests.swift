import ArtifactStore
import Basics
import Planning
import Slurm
import SystemPackage
import TestSupport
import Testing

/// Work that differs by its name alone.
private struct NamedWork: StageWork {
  let name: String

  var kind: StageKind { StageKind(rawValue: "named") }
  var revision: Int { 1 }
  var result: WorkResult { .other }
  var inputs: [StageInput] { [] }

  func declare(_ settings: inout StageSettings) { settings.add("name", .string(name)) }
}

/// What the store keeps of submissions, and the scripts.
@Suite struct SubmissionTests {
  private let submission = Submission(
    id: "20260131T235959Z-1a2b3c", pipeline: "tiny", file: "/home/me/tiny.yaml",
    sources: [
      .init(path: "/home/me/tiny.yaml", text: "cambium: 1\n"), .init(path: "a.yaml", text: "b"),
    ], settings: ["seed=1"], run: TaskOptions(retries: 1, checkpoint: 60, activations: 5),
    requeues: 7, version: "1.2", owner: "tern~1~2", time: 1000,
    stages: [
      .init(name: "base", fingerprint: Fingerprint(of: "base"), failedRun: "old"),
      .init(name: "copy", fingerprint: Fingerprint(of: "copy")),
    ], inputs: [Fingerprint(of: "data")],
    arrays: [
      .init(
        name: "tiny-1a2b3c.0", job: 12,
        tasks: [.init(index: 3, stages: [0], seconds: 10)], minutes: 6, hasPartner: true),
      .init(
        name: "tiny-1a2b3c.1", job: nil,
        tasks: [.init(index: 3, stages: [1], seconds: 0.5)], minutes: 6, hasPartner: false),
    ])

  @Test func aSubmissionIsReadAsItWasWritten() throws {
    let store = Store(at: "store", fileSystem: MemoryFileSystem())
    try store.keep(submission)
    let read = try #require(store.readSubmission(submission.id))
    #expect(read.value == submission.value)
    #expect(read.stages == submission.stages && read.arrays == submission.arrays)
    #expect(read.sources == submission.sources && read.inputs == submission.inputs)
    #expect(try store.openSubmissions().map(\.id) == [submission.id])
    var over = submission
    over.isOver = true
    try store.keep(over)
    #expect(try store.openSubmissions().isEmpty && store.submissions().count == 1)
  }

  @Test func aDamagedSubmissionIsIgnored() throws {
    let files = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: files)
    try store.keep(submission)
    let path = store.submissionFolder(submission.id).appending("submission.json")
    let text = String(decoding: try files.read(path), as: UTF8.self)
    try files.write(text.replacing("\"requeues\":7", with: "\"requeues\":8"), to: path)
    #expect(store.readSubmission(submission.id) == nil)
    // A value whose positions lead nowhere is not one either.
    var broken = submission
    broken.arrays[0].tasks[0].stages = [2]
    try store.keep(broken)
    #expect(store.readSubmission(submission.id) == nil)
  }

  @Test func tasksAreFoundByStage() {
    #expect(submission.tasks(of: "copy") == [TaskNumber(array: 1, index: 3)])
    #expect(submission.tasks(of: "other").isEmpty)
    #expect(submission.jobName(of: TaskNumber(array: 0, index: 3)) == "12_3")
    #expect(submission.jobName(of: TaskNumber(array: 1, index: 3)) == nil)
  }

  @Test func onlyTasksThatGotLostAreSaidToBeGone() throws {
    let store = Store(at: "store", fileSystem: MemoryFileSystem())
    var submission = submission
    submission.arrays[1].job = 13
    func status(
      _ queued: [QueuedTask] = [], blocked: [String] = []
    ) throws -> ClusterStatus {
      try ClusterStatus(
        of: [submission], queued: queued, in: store,
        blocked: Set(blocked.map { Fingerprint(of: $0) }), now: 2000)
    }
    #expect(try status().gone.map(\.job) == ["12_3", "13_3"])
    // One that needs a failed stage has nothing to do.
    #expect(try status(blocked: ["copy"]).gone.map(\.job) == ["12_3"])
    let waiting = QueuedTask(
      job: 13, index: 3, name: "tiny-1a2b3c.1", state: "PENDING", node: "", start: nil, end: nil,
      reason: "Priority")
    #expect(try status([waiting]).gone.map(\.job) == ["12_3"])
    #expect(try status([waiting]).tasks == [Fingerprint(of: "copy"): "13_3"])
    submission.cancel { job, index in job == 12 && index == 3 }
    try store.keep(submission)
    submission = try #require(store.readSubmission(submission.id))
    #expect(try status().gone.map(\.job) == ["13_3"])
  }

  @Test func nothingIsExpectedOfATaskThatTakesTooLong() throws {
    let store = Store(at: "store", fileSystem: MemoryFileSystem())
    for (now, end) in [(105.0, 110.0), (111, nil)] as [(Double, Double?)] {
      let running = QueuedTask(
        job: 12, index: 3, name: "tiny-1a2b3c.0", state: "RUNNING", node: "one", start: 100,
        end: 460, reason: "")
      let status = try ClusterStatus(of: [submission], queued: [running], in: store, now: now)
      #expect(status.rows.map(\.end) == [end])
    }
  }

  @Test func onlyAFailureAfterTheSubmissionCounts() throws {
    let store = Store(at: "store", fileSystem: MemoryFileSystem())
    func fail(_ stage: Submission.Stage, in run: String) throws {
      try store.note(
        .failed(PastFailure(run: run, time: 1, cause: .other, messages: ["no"])),
        of: stage.fingerprint)
    }
    let base = submission.stages[0]
    #expect(store.failure(of: base) == nil)
    try fail(base, in: "old")
    #expect(store.failure(of: base) == nil)
    try fail(base, in: "new")
    #expect(store.failure(of: base)?.run == "new")
  }

  @Test func whatIsDecidedLaterIsRead() throws {
    let store = Store(at: "store", fileSystem: MemoryFileSystem())
    let images = Fingerprint(of: "images")
    let original = Fingerprint(of: "original")
    func stage(_ name: String) -> PlannedStage {
      PlannedStage(DraftedStage(name, NamedWork(name: name)), status: .run(.neverRun))
    }
    var open = submission
    open.stages = [
      .init(name: "base", fingerprint: original, deciding: [images]),
      .init(name: "copy", fingerprint: original, deciding: [images, original]),
    ]
    try store.keep(open)
    #expect(open.leavesOpen && store.readSubmission(open.id)?.stages == open.stages)
    // A plan without the images decides nothing, nor does one for which the stage is still open.
    var base = stage("base")
    var plan = Plan(pipeline: "tiny", stages: [base])
    try store.decide(&open, by: plan)
    #expect(open.stages[0].fingerprint == original)
    let prepared = stage("prepare")
    base.isAssumed = true
    plan = Plan(pipeline: "tiny", stages: [prepared, base])
    open.stages[0].deciding = [prepared.fingerprint]
    open.stages[1].deciding = [prepared.fingerprint, images]
    try store.keep(open)
    try store.decide(&open, by: plan)
    #expect(open.stages[0].fingerprint == original)
    plan.stages[1].isAssumed = false
    try store.note(
      .failed(PastFailure(run: "before", time: 999, cause: .other, messages: ["no"])),
      of: base.fingerprint)
    try store.decide(&open, by: plan)
    let decided = Submission.Stage(
      name: "base", fingerprint: base.fingerprint, failedRun: "before")
    #expect(open.stages[0] == decided && open.stages[1].deciding.count == 2)
    // The submitter may write meanwhile what it knows.
    var early = open
    early.stages[0] = .init(name: "base", fingerprint: original, deciding: [prepared.fingerprint])
    early.arrays[1].job = 13
    try store.keep(early)
    let read = try #require(store.readSubmission(open.id))
    #expect(read.stages == open.stages && read.arrays[1].job == 13)
  }

  @Test func aScript() {
    let script = BatchScript(
      name: "tiny-1.1", indices: [7, 0, 1, 2, 4], folder: "/home/m e/50%/submissions/x",
      position: 1, processors: 4, memory: 2000, minutes: 45, dependency: "afterany:12:13",
      options: ["partition=long", "exclusive", "comment=a \"b\""], workingFolder: "/home/m e",
      program: "/opt/it's/cambium")
    #expect(
      script.text == """
        #!/bin/sh
        #SBATCH --job-name=tiny-1.1
        #SBATCH --array=0-2,4,7
        #SBATCH --output="/home/m e/50%%/submissions/x/1-%a.out"
        #SBATCH --open-mode=append
        #SBATCH --chdir="/home/m e"
        #SBATCH --requeue
        #SBATCH --signal=B:USR1@120
        #SBATCH --time=45
        #SBATCH --cpus-per-task=4
        #SBATCH --mem=2000M
        #SBATCH --dependency=afterany:12:13
        #SBATCH --kill-on-invalid-dep=yes
        #SBATCH --partition=long
        #SBATCH --exclusive
        #SBATCH --comment="a \\"b\\""
        exec '/opt/it'\\''s/cambium' task '/home/m e/50%/submissions/x' 1 "$SLURM_ARRAY_TASK_ID"

        """)
    for option in ["mem=4G", "mem-per-cpu=1G"] {
      var own = script
      own.options = [option]
      #expect(own.text.contains("#SBATCH --\(option)\n") && !own.text.contains("2000M"))
    }
    #expect(BatchScript.warning(minutes: 1) == 15 && BatchScript.warning(minutes: 60) == 120)
  }

  @Test func whatTheProgramSetsCannotBePassedOn() throws {
    try ClusterOptions(sbatch: ["partition=a", "exclusive", "mem=4G"]).requirePassable()
    for option in [
      "array=1-3", "nodes=3", "time=5", "signal=USR1", "=x", "a b=c", "x=1\n#SBATCH --wrap",
    ] {
      #expect(throws: DiagnosticError.self) {
        try ClusterOptions(sbatch: [option]).requirePassable()
      }
    }
  }

  @Test func partitionsAndLimits() throws {
    let facts = ClusterFacts(
      nodes: [
        PartitionNodes(
          partition: "main", isDefault: true, isUp: true, limit: 60, count: 4, processors: 4,
          memory: 8000),
        PartitionNodes(
          partition: "long", isDefault: false, isUp: true, limit: nil, count: 1, processors: 16,
          memory: 64000),
        PartitionNodes(
          partition: "off", isDefault: false, isUp: false, limit: nil, count: 1, processors: 16,
          memory: 64000),
      ], largestArray: 1001)
    func options(_ limit: Int?, _ sbatch: String...) -> ClusterOptions {
      ClusterOptions(limit: limit, sbatch: sbatch)
    }
    #expect(try facts.limit(for: options(nil)) == 60)
    #expect(try facts.limit(for: options(30)) == 30)
    #expect(try facts.limit(for: options(nil, "partition=long")) == nil)
    #expect(try facts.processors(for: options(nil)) == .atMost(4))
    #expect(try facts.processors(for: options(nil, "partition=long")) == .atMost(8))
    for (options, message) in [
      (options(90), "--time-limit is 90 minutes, but partition 'main' allows 60 minutes"),
      (options(nil, "partition=none"), "the cluster has no partition 'none'"),
      (options(nil, "partition=off"), "partition 'off' takes no jobs: it is not up"),
    ] {
      let error = #expect(throws: DiagnosticError.self) { try facts.limit(for: options) }
      #expect(error?.diagnostics.first?.message == message)
    }
  }
}
