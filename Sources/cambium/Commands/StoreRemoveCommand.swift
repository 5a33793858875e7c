import ArgumentParser
import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage

/// `cambium store remove [FILE] STAGE…`
struct StoreRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Removes the results of named stages, as the file describes them now.",
    discussion: """
      Checkpoints and other unfinished work of the stages go as well. What other results share with them stays, and so \
      do results that were computed from theirs. Stages that a run computes or uses at the moment are refused. Nothing is \
      removed without --yes. 'cambium store gc' removes results that no file needs any more.
      """)

  @OptionGroup var options: StageOptions

  @Flag(help: "Removes what is otherwise only listed.")
  var yes = false

  @Flag(help: "Prints what is or would be removed as JSON.")
  var json = false

  func run() throws {
    guard !options.stages.isEmpty else { throw ValidationError("name stages to remove") }
    let plan = try options.pipeline.plan()
    let store = options.pipeline.openStore
    let removal = try StageRemoval(of: plan.names(matching: options.stages), plan, store)
    if json {
      let failures = yes ? try removal.carryOut(in: store) : []
      print(removal.value(isDone: yes).json(indented: true))
      for failure in failures { printError(failure.rendered()) }
      if !failures.isEmpty { throw ExitCode(ExitStatus.stageFailed) }
      return
    }
    print(removal.text, terminator: "")
    guard !removal.cleaning.isEmpty else { return }
    guard yes else {
      print("nothing was removed; add --yes to remove it")
      return
    }
    try finishRemoval(try removal.carryOut(in: store), of: removal.cleaning)
  }
}

/// Which results go, and what follows from that.
private struct StageRemoval {
  /// The stages to remove of which there is anything, in the plan's order.
  var stages: [PlannedStage]
  /// Those of which there is nothing.
  var empty: [PlannedStage]
  /// Stages that share one of the results under another name.
  var twins: [String]
  /// Finished stages that were computed from the results, and stay.
  var readers: [String]
  var cleaning: StoreCleaning
  private var unfinished: [Fingerprint: Unfinished] = [:]
  /// What each stage takes besides the files of its result: its record, states and unfinished work, in bytes.
  private var besides: [Fingerprint: Int] = [:]
  private let now = SystemTimeSource().now

  /// - Throws: `DiagnosticError` where a run computes or uses one of them.
  init(of names: Set<String>, _ plan: Plan, _ store: Store) throws {
    let chosen = plan.stages.filter { names.contains($0.name) }
    let fingerprints = Set(chosen.map(\.fingerprint))
    cleaning = try store.removal(of: fingerprints, now: now)
    let found = Set(cleaning.records.map(\.fingerprint)).union(cleaning.unfinished)
      .union(cleaning.checkpoints.map(\.fingerprint)).union(cleaning.setbacks)
    stages = chosen.filter { found.contains($0.fingerprint) }
    empty = chosen.filter { !found.contains($0.fingerprint) }
    twins = plan.stages.filter {
      found.contains($0.fingerprint) && !names.contains($0.name)
    }.map(\.name)
    // By name: images may be represented by those of an earlier stage.
    let read = Set(plan.stages.filter { found.contains($0.fingerprint) }.map(\.name))
    readers = plan.stages.filter { stage in
      stage.status == .cached && !fingerprints.contains(stage.fingerprint)
        && stage.inputs.contains { read.contains($0.stage) }
    }.map(\.name)
    for stage in stages {
      // Whatever becomes free besides the files of the result.
      var bytes = try store.size(of: store.unfinishedWork(of: stage.fingerprint))
      for state in cleaning.checkpoints where state.fingerprint == stage.fingerprint {
        bytes += try store.size(of: state.path)
      }
      if record(of: stage) == nil {
        unfinished[stage.fingerprint] = Unfinished(stage, in: store)
      } else {
        bytes += try store.size(of: store.recordPath(stage.fingerprint))
      }
      besides[stage.fingerprint] = bytes
    }
    try requireUnused(store)
  }

  private func requireUnused(_ store: Store) throws {
    let holders = Dictionary(
      try store.holders().map { ($0.holder.fingerprint, $0.holder) }, uniquingKeysWith: { $1 })
    // Without the logs, nobody knows which runs are live.
    _ = try store.logNames()
    let runs = try store.runStories(atMost: 100).filter { $0.isLive(now: now) }
    var problems: [Diagnostic] = []
    for stage in stages + empty {
      if let holder = holders[stage.fingerprint] {
        problems.append(.error("stage '\(stage.name)' is being computed by \(holder)"))
      } else if let run = runs.first(where: { $0.used.contains(stage.fingerprint) }) {
        let who = run.process.map { "process \($0.id) on \(run.host)" } ?? run.run
        problems.append(
          .error("stage '\(stage.name)' is used by a run in progress (\(who))"))
      }
    }
    guard problems.isEmpty else {
      problems[problems.count - 1].notes.append(.init("stop the run first, or wait for its end"))
      throw DiagnosticError(problems)
    }
  }

  /// - Returns: what could not be removed.
  func carryOut(in store: Store) throws -> [Diagnostic] {
    // A run may have begun since.
    try requireUnused(store)
    return try store.carryOut(cleaning, now: now)
  }

  private func record(of stage: PlannedStage) -> StageRecord? {
    cleaning.records.first { $0.fingerprint == stage.fingerprint }
  }

  /// What the stage's files take, shared or not.
  private func bytes(of stage: PlannedStage) -> Int {
    (record(of: stage)?.outputs.values.reduce(0) { $0 + $1.size } ?? 0)
      + (besides[stage.fingerprint] ?? 0)
  }

  /// What is lost of a stage without a result: the iterations of a training run, and how long they take at the speed
  /// measured here, where that is known.
  private struct Unfinished {
    var work: SavedWork
    var seconds: Double?

    init(_ stage: PlannedStage, in store: Store) {
      work = store.savedWork(of: stage.draft)
      if case .state(let iteration, let length) = work, let rest = stage.cost?.seconds,
        iteration < length
      {
        seconds = rest * Double(iteration) / Double(length - iteration)
      }
    }

    var text: String {
      let time = seconds.map { ", about \(duration(seconds: $0))" } ?? ""
      switch work {
      case .state(let iteration, let length):
        return "unfinished: iteration \(grouped(iteration)) of \(grouped(length))\(time)"
      case .part: return "unfinished"
      case .nothing: return "failed"
      }
    }

    var value: Value {
      guard case .state(let iteration, let length) = work else { return [:] }
      return [
        "iteration": .integer(iteration), "iterations": .integer(length),
        "seconds": seconds.map(Value.number) ?? .null,
      ]
    }
  }

  var text: String {
    var text = ""
    if !stages.isEmpty {
      var rows = [["STAGE", "KIND", "SIZE", "TOOK", "FINGERPRINT"]]
      rows += stages.map { stage in
        let record = record(of: stage)
        return [
          printable(stage.name), stage.kind.rawValue,
          quantity(Double(bytes(of: stage)), unit: "B"),
          record.map { duration(seconds: $0.seconds) } ?? unfinished[stage.fingerprint]?.text ?? "",
          stage.fingerprint.short,
        ]
      }
      text += alignedColumns(rows) + "\n"
    }
    if !empty.isEmpty { text += "without a result: \(names(empty.map(\.name)))\n" }
    guard !cleaning.isEmpty else { return text + "nothing to remove\n" }
    text += "to free: \(quantity(Double(cleaning.bytes), unit: "B"))"
    if cleaning.laterBytes > 0 {
      text +=
        "; \(quantity(Double(cleaning.laterBytes), unit: "B")) are kept because other results need them"
    }
    text += "\n"
    let seconds = cleaning.records.reduce(0) { $0 + $1.seconds }
    if !cleaning.records.isEmpty {
      text +=
        "recomputed when a run needs them: \(counted(cleaning.records.count, "result")), which took "
        + "\(duration(seconds: seconds))\n"
    }
    if !twins.isEmpty {
      text += "the same results under other names, which go as well: \(names(twins))\n"
    }
    if !readers.isEmpty {
      text += "computed from them, and kept: \(names(readers))\n"
    }
    for warning in cleaning.unreadableWarnings { text += warning + "\n" }
    return text
  }

  /// The first twenty, and how many more there are.
  private func names(_ all: [String]) -> String {
    let more = all.count > 20 ? ", and \(grouped(all.count - 20)) more" : ""
    return all.prefix(20).map(printable).joined(separator: ", ") + more
  }

  /// `{"format": 1, "removed", "stages": [{"name", "kind", "fingerprint", "bytes", "seconds", "unfinished"}], "bytes", "kept-bytes",
  /// "without-result", "twins", "readers"}`; `bytes` is what becomes free, `kept-bytes` what other results need of it.
  /// `unfinished` is null for results, and otherwise an object, with `iteration`, `iterations` and `seconds` (estimated, or
  /// null) of a training run.
  func value(isDone: Bool) -> Value {
    [
      "format": 1, "removed": .bool(isDone), "bytes": .integer(cleaning.bytes),
      "kept-bytes": .integer(cleaning.laterBytes),
      "stages": .list(
        stages.map { stage in
          [
            "name": .string(stage.name), "kind": .string(stage.kind.rawValue),
            "fingerprint": .string(stage.fingerprint.hexadecimal),
            "bytes": .integer(bytes(of: stage)),
            "seconds": record(of: stage).map { .number($0.seconds) } ?? .null,
            "unfinished": unfinished[stage.fingerprint]?.value ?? .null,
          ]
        }),
      "without-result": .list(empty.map { .string($0.name) }),
      "twins": .list(twins.map(Value.string)), "readers": .list(readers.map(Value.string)),
    ]
  }
}
