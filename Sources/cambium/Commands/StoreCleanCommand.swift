import ArgumentParser
import ArtifactStore
import Basics
import Execution
import Planning
import Slurm
import SystemPackage

/// `cambium store gc`
struct StoreCleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "Frees space: removes results that given pipelines do not need, or that are old.",
    discussion: """
      Keeps results that the given pipeline files need in their current form, and results younger than --older-than; \
      with neither, keeps all results and removes only what no result needs. What active runs use is always kept. \
      Files written or used within the last hour are also kept, since a run may be about to need them (--grace). \
      Nothing is removed without --yes.
      """)

  @Argument(help: "Pipeline files whose results are kept.")
  var files: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a parameter of the files; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @OptionGroup var options: StoreOptions

  @Option(
    help: ArgumentHelp(
      "Removes only results older than this: days (30d), hours (12h) or minutes (90m).",
      valueName: "age"))
  var olderThan: Age?

  @Option(
    help: ArgumentHelp(
      "The minimum age of unneeded files to remove; use 0m only while no run is active. By default 1h.",
      valueName: "age"))
  var grace: Age?

  @Flag(help: "Removes what is otherwise only listed.")
  var yes = false

  func run() throws {
    let store = try options.open(beside: files.first)
    let now = SystemTimeSource().now
    var wanted: Set<Fingerprint>? = files.isEmpty ? nil : []
    for file in files {
      let pipeline = PipelineOptions(file: file, settings: settings, store: store.root.string)
      wanted?.formUnion(try pipeline.plan().stages.map(\.fingerprint))
    }
    let use = try StoreUse(of: store, now: now)
    var used = use.stages
    for submission in try store.openSubmissions() {
      used.formUnion(submission.stages.map(\.fingerprint))
      used.formUnion(submission.inputs)
    }
    let cleaning = try store.cleaning(
      keeping: StoreRetention(
        wanted: wanted, age: olderThan?.seconds, used: used, unknownRuns: use.unknownRuns,
        grace: grace?.seconds ?? StoreRetention.usualGrace), now: now)
    print(text(of: cleaning), terminator: "")
    guard !cleaning.isEmpty else { return }
    guard yes else {
      print("nothing was removed; add --yes to remove it")
      return
    }
    try finishRemoval(try store.clean(cleaning, now: now), of: cleaning)
  }

  private func text(of cleaning: StoreCleaning) -> String {
    var text =
      cleaning.isEmpty
      ? "nothing to free now\n" : "to free now: \(quantity(Double(cleaning.bytes), unit: "B"))\n"
    if cleaning.laterBytes > 0 {
      text +=
        "to free once it is \(duration(seconds: cleaning.grace)) old: "
        + "\(quantity(Double(cleaning.laterBytes), unit: "B")) (--grace)\n"
    }
    for record in cleaning.records {
      text += "  \(printable(record.kind)) '\(printable(record.stage))' of pipeline "
      text += "'\(printable(record.pipeline))'  (\(record.fingerprint.short))\n"
    }
    let bytes = cleaning.objects.reduce(0) { $0 + $1.size }
    let size = quantity(Double(bytes), unit: "B")
    for (count, one, many) in [
      (
        cleaning.objects.count, "object that nothing else needs (\(size))",
        "objects that nothing else needs (\(size))"
      ),
      (cleaning.checkpoints.count, "checkpoint", "checkpoints"),
      (cleaning.unfinished.count, "unfinished stage", "unfinished stages"),
      (cleaning.setbacks.count, "record of a failure", "records of failures"),
      (cleaning.originals.count, "note on equal images", "notes on equal images"),
      (
        cleaning.submissions.count, "submission that is over, with its output",
        "submissions that are over, with their output"
      ),
      (
        cleaning.activations.count, "file of cached activations, which can be recomputed",
        "files of cached activations, which can be recomputed"
      ),
      (
        cleaning.workspaces.count, "folder left by a killed run",
        "folders left by killed runs"
      ),
      (
        cleaning.damaged.count, "damaged file that was set aside",
        "damaged files that were set aside"
      ),
    ] where count > 0 {
      text += "  \(counted(count, one, plural: many))\n"
    }
    for warning in cleaning.unreadableWarnings { text += warning + "\n" }
    return text
  }
}

/// Prints how a removal ended.
///
/// - Throws: `ExitCode` if something could not be removed.
func finishRemoval(_ failures: [Diagnostic], of cleaning: StoreCleaning) throws {
  if failures.isEmpty {
    print("removed \(quantity(Double(cleaning.bytes), unit: "B"))")
    return
  }
  for failure in failures { printError(failure.rendered()) }
  print("removed all but \(counted(failures.count, "file or folder", plural: "files and folders"))")
  throw ExitCode(ExitStatus.stageFailed)
}

extension StoreCleaning {
  /// What stays since damaged records and submissions may need it.
  var unreadableWarnings: [String] {
    let damages = [
      (unreadableRecords, "damaged record", "damaged records"),
      (unreadableSubmissions, "damaged submission", "damaged submissions"),
    ].filter { $0.0 > 0 }.map { count, one, many in
      "\(counted(count, one, plural: many)): what \(count == 1 ? "only it" : "only they") may need is kept until "
        + "'cambium store verify --repair' has set \(count == 1 ? "it" : "them") aside"
    }
    guard unknownRuns > 0 else { return damages }
    let whose = counted(
      unknownRuns, "run whose log is damaged", plural: "runs whose logs are damaged")
    return damages + [
      "\(whose) may be in progress, maybe on another machine: results are kept until a day after the last sign of life"
    ]
  }
}

/// An age: `30d`, `12h`, `90m`.
struct Age: ExpressibleByArgument {
  var seconds: Double

  init?(argument: String) {
    let units: [Character: Double] = ["d": 86_400, "h": 3600, "m": 60]
    guard let unit = argument.last.flatMap({ units[$0] }), let count = Double(argument.dropLast()),
      count >= 0, count.isFinite
    else { return nil }
    seconds = count * unit
  }
}
