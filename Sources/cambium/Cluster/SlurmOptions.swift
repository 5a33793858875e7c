import ArgumentParser
import Basics
import Slurm

/// Who performs the stages of a run.
enum ExecutorName: String, ExpressibleByArgument, CaseIterable {
  case local, slurm
}

/// The options of commands that submit to Slurm.
struct SlurmOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "With Slurm: the wanted length of a task (30m, 2h); shorter stages are packed together, longer ones stay alone.",
      valueName: "time"))
  var taskTime = SlurmOptions.usualTaskTime

  @Option(
    help: ArgumentHelp(
      "With Slurm: the longest time limit of a job; by default that of the partition. A stage that takes longer resumes in "
        + "another job.", valueName: "time"))
  var timeLimit: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "With Slurm: the processors of a task; by default as many as its longest stage needs to end within --task-time, at "
        + "most 8.", valueName: "n"))
  var cpus: Int?

  @Option(
    help: ArgumentHelp(
      "With Slurm: how often a task is requeued at its time limit.", valueName: "times"))
  var requeues = SlurmOptions.usualRequeues

  @Option(
    help: ArgumentHelp(
      "With Slurm: the maximum number of tasks that are queued or running at a time.",
      valueName: "n"))
  var maxTasks: Int?

  @Flag(
    help:
      "With Slurm: cancels queued tasks of the file as it was before, all of whose stages have changed."
  )
  var cancelObsolete = false

  @Option(
    name: .customLong("sbatch"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "With Slurm: an option of sbatch, passed on as it is; may be repeated. Also written --sbatch-NAME=VALUE: "
        + "--sbatch-partition=long --sbatch-account=me --sbatch-exclusive.", valueName: "name=value"
    ))
  var sbatch: [String] = []

  private static let usualTaskTime = TimeSpan(seconds: 1800)
  private static let usualRequeues = 50

  /// Whether none of them is given.
  var isUsual: Bool {
    taskTime == SlurmOptions.usualTaskTime && timeLimit == nil && cpus == nil
      && requeues == SlurmOptions.usualRequeues && maxTasks == nil && !cancelObsolete
      && sbatch.isEmpty
  }

  func validate() throws {
    guard taskTime.seconds >= 1 else { throw ValidationError("--task-time must be 1s or more") }
    if let timeLimit, timeLimit.seconds < 60 {
      throw ValidationError("--time-limit must be 1m or more: Slurm counts minutes")
    }
    guard (1...4096).contains(cpus ?? 1) else { throw ValidationError("--cpus must be 1 to 4096") }
    guard (0...10000).contains(requeues) else {
      throw ValidationError("--requeues must be 0 to 10000")
    }
    guard maxTasks ?? 1 > 0 else { throw ValidationError("--max-tasks must be 1 or more") }
  }

  var cluster: ClusterOptions {
    ClusterOptions(
      taskSeconds: taskTime.seconds, limit: timeLimit.map { Int($0.seconds / 60) },
      processors: cpus, requeues: requeues, mostQueued: maxTasks, sbatch: sbatch,
      cancelsObsolete: cancelObsolete)
  }

  /// Arguments with `--sbatch-partition=long` as `--sbatch partition=long`: no list of the options of `sbatch` would be
  /// complete.
  static func rewritten(_ arguments: [String]) -> [String] {
    let prefix = "--sbatch-"
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    return arguments[..<end].flatMap { argument in
      argument.hasPrefix(prefix) && argument.count > prefix.count
        ? ["--sbatch", String(argument.dropFirst(prefix.count))] : [argument]
    } + arguments[end...]
  }
}

/// A length of time: `90s`, `30m`, `2h`, `1d`, `1h30m`.
struct TimeSpan: ExpressibleByArgument, Equatable {
  var seconds: Double

  init(seconds: Double) { self.seconds = seconds }

  init?(argument: String) {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    var total = 0.0
    var digits = ""
    for character in argument {
      if character.isASCII, character.isNumber || character == "." {
        digits.append(character)
      } else {
        guard let unit = units[character], let number = Double(digits) else { return nil }
        total += number * unit
        digits = ""
      }
    }
    guard digits.isEmpty, !argument.isEmpty, total.isFinite, total < 1e9 else { return nil }
    seconds = total
  }

  var defaultValueDescription: String {
    seconds.truncatingRemainder(dividingBy: 60) == 0 ? "\(Int(seconds / 60))m" : "\(Int(seconds))s"
  }
}
