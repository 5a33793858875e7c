import Basics
import Definitions
import Execution
import Planning
import Results

/// The progress of a run, and its formatting.
struct ProgressBoard {
  private struct RunningStage {
    var name: String
    var kind: StageKind
    var started: Double
    var progress: StageProgress?
  }

  private let total: Int
  private var ended: Set<String> = []
  /// Stages that other runs are computing, or have computed.
  private var waited: Set<String> = []
  private var running: [RunningStage] = []
  private var runStarted: Double?

  init(total: Int) { self.total = total }

  /// The start time of a running stage.
  func started(_ stage: String) -> Double? { running.first { $0.name == stage }?.started }

  /// Processes an event; returns a line to print permanently, if any.
  mutating func note(_ event: ExecutionEvent, at time: Double) -> String? {
    switch event {
    case .runStarted(_, let pipeline, _, let stages, let toRun, let waiting):
      runStarted = time
      if toRun + waiting == 0 {
        return "\(pipeline): all \(stages) stages are cached, nothing to run"
      }
      return "\(pipeline): \(toRun) of \(stages) stages to run"
        + (waiting > 0 ? ", \(waiting) waiting" : "")
    case .stagesDecided(let toRun, let waiting):
      if toRun == 0 { return "the images are the same: nothing else to run" }
      return waiting > 0 ? "\(counted(toRun, "stage")) left to run" : nil
    case .stageWaiting(let stage, let holder):
      waited.insert(stage)
      // It may have been started and taken over.
      running.removeAll { $0.name == stage }
      let who = holder.map { "\(printable("\($0)")), since \(date(seconds: $0.since))" }
      return "wait   \(printable(stage))  (computed by \(who ?? "another run"))"
    case .stageDamaged(let stage, let damage):
      ended.remove(stage)
      let warning =
        "the result of stage '\(stage)' cannot be used: \(damage); it is recomputed"
      return Diagnostic(.warning, warning).rendered()
    case .stageStarted(let stage, let kind, let reason, _):
      waited.remove(stage)
      running.removeAll { $0.name == stage }
      running.append(RunningStage(name: stage, kind: kind, started: time))
      return "start  \(printable(stage))  (\(kind.rawValue); \(reason))"
    case .stageProgress(let stage, let progress):
      if let index = running.firstIndex(where: { $0.name == stage }) {
        running[index].progress = progress
      }
      return nil
    case .stageFinished(let stage, let outcome):
      ended.insert(stage)
      let index = running.firstIndex { $0.name == stage }
      let own = index.map { running.remove(at: $0) }
      return line(for: outcome, of: stage, took: own.map { time - $0.started })
    case .warning(let diagnostic):
      return diagnostic.rendered()
    case .runFinished(let summary):
      return line(for: summary)
    }
  }

  private mutating func line(for outcome: StageOutcome, of stage: String, took: Double?) -> String?
  {
    let name = printable(stage)
    switch outcome {
    case .reused:
      return waited.remove(stage) == nil && took == nil ? nil : "done   \(name)  (by another run)"
    case .produced(let artifact, _):
      let accuracy = EvaluationResult(metrics: artifact.record.metrics).map {
        "  top-1 \(fixed(100 * $0.top1, decimals: 1)) %"
      }
      let record = artifact.record
      // The first words of a training run's result are known from its progress.
      let ending = TrainingResult(metrics: record.metrics)?.words(in: record).dropFirst() ?? []
      let remarks = ((PackedSummary(metrics: record.metrics)?.remarks ?? []) + ending)
        .map { "\n  note: \(printable($0))" }.joined()
      return
        "done   \(name)  \(duration(seconds: took ?? artifact.record.seconds))\(accuracy ?? "")"
        + remarks
    case .failed(let failure):
      let log = failure.log.map { "\n  note: details are in \($0)" } ?? ""
      let cause = failure.cause == .other ? "" : "  (\(failure.cause))"
      return "failed \(name)\(cause)\n\(failure.error)\(log)"
    case .skipped(let blocker):
      return "skip   \(name)  (needs \(printable(blocker)))"
    case .stopped(let saved):
      return "stop   \(name)  \(saved.text)"
    case .notStarted:
      return nil
    }
  }

  private func line(for summary: RunSummary) -> String {
    let counts = summary.counts
    var parts: [String] = []
    for ending in StageEnding.allCases {
      let count = counts[ending] ?? 0
      switch ending {
      case .produced: parts.append("\(count) run")
      case .reused: parts.append("\(count) cached")
      case .failed, .skipped, .stopped: if count > 0 { parts.append("\(count) \(ending.rawValue)") }
      case .notStarted: if count > 0 { parts.append("\(count) not started") }
      }
    }
    return parts.joined(separator: ", ") + " in \(duration(seconds: summary.seconds))"
      + skipped(summary).map { "; \(printable($0))" }.joined()
  }

  /// The number of skipped images of each dataset of a run, whether it was prepared now or earlier.
  private func skipped(_ summary: RunSummary) -> [String] {
    summary.entries.compactMap { entry in
      guard let record = entry.outcome.artifact?.record,
        let dataset = PreparingStage.dataset(of: entry.stage),
        let text = PackedSummary(metrics: record.metrics)?.skippedText
      else { return nil }
      return "\(dataset): \(text)"
    }
  }
}

// MARK: - Lines of running stages

extension ProgressBoard {
  /// One line per running stage and one for the whole run, each limited to the width of the terminal.
  func liveLines(at time: Double, columns: Int) -> [String] {
    guard !running.isEmpty else { return [] }
    let lines = running.map { stage in
      let head =
        ProgressBoard.shortened(printable(stage.name), to: max(16, columns * 3 / 10)) + "  "
      guard let progress = stage.progress else { return head + stage.kind.rawValue }
      var line = head + ProgressBoard.bar(progress.fraction, width: columns < 120 ? 10 : 24)
      // The first facts matter most; none is cut.
      for fact in facts(of: stage, at: time) {
        guard line.count + 2 + fact.count < columns else { continue }
        line += "  " + fact
      }
      return line
    }
    let elapsed = runStarted.map { "  \(duration(seconds: time - $0))" } ?? ""
    return (lines + ["\(ended.count)/\(total) stages\(elapsed)"]).map { line in
      line.count < columns ? line : String(line.prefix(max(columns - 1, 0)))
    }
  }

  /// The progress of a running stage for output without redrawing.
  func plainLine(of stage: String, at time: Double) -> String? {
    guard let stage = running.first(where: { $0.name == stage }), stage.progress != nil else {
      return nil
    }
    return "       \(printable(stage.name))  \(facts(of: stage, at: time).joined(separator: "  "))"
  }

  /// What is known of a running stage, the most important first.
  private func facts(of stage: RunningStage, at time: Double) -> [String] {
    guard let progress = stage.progress else { return [] }
    var facts = ["\(Int(100 * progress.fraction)) %"]
    if progress.fraction > 0 {
      let left = (time - stage.started) * (1 - progress.fraction) / progress.fraction
      facts.append("\(duration(seconds: left)) left")
    }
    facts += progress.measuredWords
    if let loss = progress.loss { facts.append("loss \(fixed(loss, decimals: 3))") }
    if let accuracy = progress.accuracy {
      facts.append("accuracy \(fixed(100 * accuracy, decimals: 1)) %")
    }
    if let speed = progress.speed { facts.append(speed) }
    return facts
  }

  /// A name without its middle, if it is too long.
  private static func shortened(_ name: String, to most: Int) -> String {
    guard name.count > most else { return name }
    let end = (most - 1) / 2
    return name.prefix(most - 1 - end) + "…" + name.suffix(end)
  }

  private static func bar(_ fraction: Double, width: Int) -> String {
    let filled = Int((fraction * Double(width)).rounded(.down))
    return String(repeating: "█", count: filled)
      + String(repeating: "░", count: width - filled)
  }
}

extension SavedWork {
  /// What became of a stopped stage, and what the next run does with it.
  fileprivate var text: String {
    "(\(words); the same command \(self == .nothing ? "starts it again" : "resumes it"))"
  }
}

extension StageProgress {
  /// The completed fraction, 0…1.
  fileprivate var fraction: Double {
    total > 0 ? min(1, Double(completed) / Double(total)) : 0
  }
}
