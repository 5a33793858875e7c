import ArtifactStore
import Basics
import Glibc
import SystemPackage

/// Slurm's commands, as far as this program uses them: `sbatch`, `squeue`, `sinfo`, `scancel` and `scontrol`.
///
/// What fails because the controller is busy, restarting or unreachable is tried again, with pauses that double up to a minute.
package struct SlurmController: Sendable {
  /// Runs a command with variables of its environment.
  package typealias Perform =
    @Sendable (_ words: [String], _ environment: [String]) throws(DiagnosticError) -> CommandResult

  private let perform: Perform
  private let stop: StopCheck
  private let note: @Sendable (String) -> Void
  /// How often a command is tried.
  private let attempts: Int
  private let firstPause: Double

  /// - Parameters:
  ///   - attempts: how often a command is tried; 8 take about two minutes.
  ///   - stop: ends the waiting for a controller that does not answer.
  ///   - note: receives what deserves attention, such as waiting.
  package init(
    attempts: Int = 8, firstPause: Double = 1, unless stop: StopCheck = .never,
    note: @escaping @Sendable (String) -> Void = { _ in },
    perform: @escaping Perform = { words, environment throws(DiagnosticError) in
      try CommandResult.running(words, environment: environment)
    }
  ) {
    self.attempts = attempts
    self.firstPause = firstPause
    self.stop = stop
    self.note = note
    self.perform = perform
  }
}

// MARK: - Answers

/// The result of submitting a job.
package enum SubmitAnswer: Hashable, Sendable {
  /// The number of the job.
  case accepted(Int)
  /// A limit on submitted jobs is reached, in Slurm's words.
  case full(String)
}

/// A job of an array that is queued or running.
package struct QueuedTask: Hashable, Sendable {
  package var job: Int
  package var index: Int
  /// The name of the job.
  package var name: String
  /// Slurm's word: `RUNNING`.
  package var state: String
  package var node: String
  /// In seconds since 1970: when it started, or is expected to.
  package var start: Double?
  /// When its limit is reached.
  package var end: Double?
  /// Why it is not running.
  package var reason: String

  package init(
    job: Int, index: Int, name: String, state: String, node: String, start: Double?, end: Double?,
    reason: String
  ) {
    self.job = job
    self.index = index
    self.name = name
    self.state = state
    self.node = node
    self.start = start
    self.end = end
    self.reason = reason
  }

  package var isRunning: Bool { state == "RUNNING" || state == "COMPLETING" }

  /// Whether Slurm holds it because its node failed just when it was to start. Nobody has asked for that.
  package var isHeldAfterLaunch: Bool {
    state == "PENDING"
      && reason.lowercased().replacing("_", with: " ") == "launch failed requeued held"
  }
}

/// A kind of node of a partition.
package struct PartitionNodes: Hashable, Sendable {
  package var partition: String
  package var isDefault: Bool
  package var isUp: Bool
  /// In minutes; `nil` for none.
  package var limit: Int?
  package var count: Int
  package var processors: Int
  /// In MiB.
  package var memory: Int

  package init(
    partition: String, isDefault: Bool, isUp: Bool, limit: Int?, count: Int, processors: Int,
    memory: Int
  ) {
    self.partition = partition
    self.isDefault = isDefault
    self.isUp = isUp
    self.limit = limit
    self.count = count
    self.processors = processors
    self.memory = memory
  }
}

// MARK: - Commands

extension SlurmController {
  /// The nodes of all partitions.
  package func nodes() throws -> [PartitionNodes] {
    let text = try answer(["sinfo", "--noheader", "--exact", "--format=%P|%a|%l|%D|%c|%m"])
    return text.split(separator: "\n").compactMap { PartitionNodes(line: $0) }
  }

  /// The number of indices that an array may have.
  package func largestArray() throws -> Int {
    let text = try answer(["scontrol", "show", "config"])
    for line in text.split(separator: "\n") where line.hasPrefix("MaxArraySize") {
      if let size = line.split(separator: "=").last.flatMap({ Int($0.filter { $0 != " " }) }) {
        return max(size, 1)
      }
    }
    return 1001
  }

  /// Asks whether a script would be accepted.
  ///
  /// - Throws: `DiagnosticError` with Slurm's reason if it would not.
  package func test(_ script: FilePath) throws {
    let result = try retrying(["sbatch", "--test-only", script.string]) { $0.status == 0 }
    // Nodes that are down at the moment have no configuration for this test, but jobs may wait for them.
    guard result.status != 0,
      !result.errors.contains("Requested node configuration is not available")
    else { return }
    throw DiagnosticError(
      "Slurm does not accept these jobs: \(SlurmController.words(of: result))",
      notes: [.init("--dry-run shows the scripts; --sbatch-NAME=VALUE passes options on")])
  }

  /// Submits a script.
  ///
  /// - Parameter name: of its job, which no other job has: an answer that was lost is not taken for a refusal.
  /// - Throws: `DiagnosticError` if Slurm refuses it, or does not answer.
  package func submit(_ script: FilePath, named name: String) throws -> SubmitAnswer {
    var isUncertain = false
    var pause = firstPause
    for attempt in 1... {
      if isUncertain, let job = try tasks(named: [name]).first?.job { return .accepted(job) }
      let result = try run(["sbatch", "--parsable", script.string])
      if result.status == 0 {
        // The number of the job, and the name of the cluster where there are several.
        let number = result.output.split(whereSeparator: { $0 == ";" || $0.isWhitespace }).first
        guard let job = number.flatMap({ Int($0) }) else {
          throw DiagnosticError(
            "sbatch answers '\(result.output)', which is not the number of a job")
        }
        return .accepted(job)
      }
      let words = SlurmController.words(of: result)
      if SlurmController.meansFull(words) { return .full(words) }
      guard SlurmController.isTransient(words), attempt < attempts else {
        throw DiagnosticError("sbatch refuses '\(script)': \(words)")
      }
      isUncertain = true
      try wait(&pause, words)
    }
    preconditionFailure("the attempts are numbered without end")
  }

  /// What is queued or running of the jobs with these names.
  package func tasks(named names: [String]) throws -> [QueuedTask] {
    guard !names.isEmpty else { return [] }
    let text = try answer(
      [
        "squeue", "--noheader", "--array", "--name=\(names.joined(separator: ","))",
        "--format=%F|%K|%j|%T|%N|%S|%e|%r",
      ], environment: ["SLURM_TIME_FORMAT=%s"])
    return text.split(separator: "\n").compactMap { QueuedTask(line: $0) }
  }

  /// Cancels jobs: `12`, or a task of one: `12_3`.
  package func cancel(_ jobs: [String]) throws {
    guard !jobs.isEmpty else { return }
    _ = try answer(["scancel"] + jobs)
  }

  /// Lets tasks start that are held: `12_3`.
  package func release(_ jobs: [String]) throws {
    guard !jobs.isEmpty else { return }
    _ = try answer(["scontrol", "release", jobs.joined(separator: ",")])
  }

  /// Ends a running task, which waits in the queue again.
  package func requeue(_ job: String) throws { _ = try answer(["scontrol", "requeue", job]) }
}

extension SlurmController {
  private func answer(_ words: [String], environment: [String] = []) throws -> String {
    let result = try retrying(words, environment: environment) { $0.status == 0 }
    guard result.status == 0 else {
      let text = SlurmController.words(of: result)
      guard !text.contains("configuration source") else {
        throw DiagnosticError(
          "Slurm is installed, but this machine is not set up for a cluster: '\(words[0])' finds no slurm.conf",
          notes: [.init("SLURM_CONF may name it")])
      }
      throw DiagnosticError("\(words[0]): \(text)")
    }
    return result.output
  }

  /// Runs a command until it has an answer that is good or final.
  private func retrying(
    _ words: [String], environment: [String] = [], until isGood: (CommandResult) -> Bool
  ) throws -> CommandResult {
    var pause = firstPause
    for attempt in 1... {
      let result = try run(words, environment: environment)
      let text = SlurmController.words(of: result)
      if isGood(result) || attempt >= attempts || !SlurmController.isTransient(text) {
        return result
      }
      try wait(&pause, text)
    }
    preconditionFailure("the attempts are numbered without end")
  }

  private func run(_ words: [String], environment: [String] = []) throws -> CommandResult {
    do throws(DiagnosticError) { return try perform(words, environment) } catch {
      guard error.systemReason == ENOENT else { throw error }
      throw DiagnosticError(
        "Slurm is not installed on this machine: there is no program '\(words[0])'",
        notes: [.init("submit from a machine on which 'sinfo' shows the cluster")])
    }
  }

  private func wait(_ pause: inout Double, _ words: String) throws {
    note("Slurm does not answer (\(words)): trying again in \(duration(seconds: pause))")
    let end = monotonicSeconds() + pause
    while monotonicSeconds() < end {
      try stop.check()
      usleep(UInt32(min(0.1, max(0, end - monotonicSeconds())) * 1e6))
    }
    pause = min(2 * pause, 60)
  }
}

// MARK: - What Slurm says

extension SlurmController {
  /// The message of a command, without its name.
  static func words(of result: CommandResult) -> String {
    let lines = (result.errors.isEmpty ? result.output : result.errors).split(separator: "\n").map {
      line -> String in
      var words = String(line)
      for prefix in ["sbatch: ", "squeue: ", "sinfo: ", "scancel: ", "scontrol: ", "error: "]
      where words.hasPrefix(prefix) {
        words.removeFirst(prefix.count)
      }
      return words
    }
    return lines.isEmpty ? "status \(result.status)" : lines.joined(separator: "; ")
  }

  /// Whether a later attempt may succeed: the controller, or the way to it, is at fault.
  static func isTransient(_ words: String) -> Bool {
    [
      "Unable to contact slurm controller", "Socket timed out", "Zero Bytes were transmitted",
      "temporarily unable", "Resource temporarily unavailable", "Connection refused",
      "Connection reset", "Connection timed out", "Transport endpoint", "Message receive failure",
      "Communication connection failure", "Unexpected message received", "standby mode",
      "Insane message length", "Slurm controller is not running",
    ].contains { words.localizedContains($0) }
  }

  /// Whether a limit on submitted jobs is reached, which passes as jobs end.
  static func meansFull(_ words: String) -> Bool {
    [
      "MaxSubmitJob", "job submit limit", "MaxJobCount", "QOSMaxSubmit", "AssocMaxSubmit",
      "QOSGrpSubmitJobs", "AssocGrpSubmitJobs",
    ].contains { words.localizedContains($0) }
  }
}

extension String {
  /// Whether it contains another text, in capital or small letters.
  fileprivate func localizedContains(_ other: String) -> Bool {
    lowercased().contains(other.lowercased())
  }
}

extension QueuedTask {
  /// Reads a line of `squeue` with the fields asked for above; `nil` for jobs that are no arrays.
  init?(line: Substring) {
    let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 8, let job = Int(fields[0]), let index = Int(fields[1]) else {
      return nil
    }
    self.init(
      job: job, index: index, name: fields[2], state: fields[3], node: fields[4],
      start: Double(fields[5]), end: Double(fields[6]), reason: fields[7])
  }
}

extension PartitionNodes {
  init?(line: Substring) {
    let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    func number(_ text: String) -> Int? { Int(text.prefix { $0.isASCII && $0.isNumber }) }
    guard fields.count == 6, let count = number(fields[3]), let processors = number(fields[4]),
      let memory = number(fields[5])
    else { return nil }
    self.init(
      partition: String(fields[0].filter { $0 != "*" }), isDefault: fields[0].hasSuffix("*"),
      isUp: fields[1] == "up", limit: PartitionNodes.minutes(fields[2]), count: count,
      processors: processors, memory: memory)
  }

  /// `days-hours:minutes:seconds`, of which the first parts may be missing; `nil` for `infinite`.
  package static func minutes(_ text: String) -> Int? {
    let parts = text.split(separator: "-")
    guard let clock = parts.last else { return nil }
    let numbers = clock.split(separator: ":").map { Int($0) }
    guard !numbers.isEmpty, numbers.allSatisfy({ $0 != nil }), parts.count <= 2 else { return nil }
    let known = numbers.compactMap { $0 }
    let seconds = known.reduce(0) { 60 * $0 + $1 }
    return (parts.count == 2 ? (Int(parts[0]) ?? 0) * 1440 : 0) + seconds / 60
  }
}
