import Basics
import Planning

/// Reads one line of a file of results.
struct ResultsRowReader {
  private let record: [DelimitedText.Field]
  private let heading: ResultsHeading
  /// For runs whose line does not say.
  private let classes: Int?
  private(set) var problems: [Diagnostic] = []

  init(_ record: [DelimitedText.Field], heading: ResultsHeading, classes: Int?) {
    self.record = record
    self.heading = heading
    self.classes = classes
  }

  /// `nil` where something is wrong.
  mutating func read() -> ResultsRow? {
    guard record.count == heading.count else {
      report(
        "this line has \(record.count) fields, but there are \(heading.count) columns",
        record[record.count - 1])
      return nil
    }
    guard let treatment = treatment(), let target = required(.target, "target") else { return nil }
    let split = split(target: target)
    guard let depth = depth(treatment), let source = source(treatment, target: target),
      let outcome = outcome()
    else { return nil }
    let seed = number(.seed) ?? 0
    let examples = split.examples ?? whole(.examples, atLeast: 1)
    let classes = whole(.classes, atLeast: 2) ?? classes
    guard problems.isEmpty else { return nil }
    let design = ReportEntry(
      network: text(.network), split: split.name, division: split.division, target: target,
      source: source.name, depth: depth, kind: treatment.kind, seed: seed, examples: examples,
      preserved: treatment.preserved, measuredOn: text(.measuredOn))
    let place = field(.run)?.span ?? record[0].span
    return ResultsRow(
      result: RunResult(
        name: text(.run) ?? "line \(place.start.line)", design: design, outcome: outcome.outcome),
      isJudged: outcome.isJudged, classes: classes, place: place)
  }

  // MARK: - Fields

  private func field(_ column: ResultsColumn) -> DelimitedText.Field? {
    heading.positions[column].map { record[$0] }
  }

  /// `nil` where the column or the field is missing.
  private func text(_ column: ResultsColumn) -> String? {
    guard let text = field(column)?.text.trimmed, !text.isEmpty else { return nil }
    return text
  }

  private mutating func report(
    _ message: String, _ field: DelimitedText.Field?, notes: [Diagnostic.Note] = []
  ) {
    problems.append(.error(message, at: (field ?? record[0]).span, notes: notes))
  }

  private mutating func required(_ column: ResultsColumn, _ name: String) -> String? {
    if let text = text(column) { return text }
    report("the run lacks its \(name)", field(column))
    return nil
  }

  private mutating func whole(_ column: ResultsColumn, atLeast least: Int) -> Int? {
    guard let text = text(column) else { return nil }
    guard let number = Int(text), number >= least else {
      report("'\(text)' is no whole number of at least \(least)", field(column))
      return nil
    }
    return number
  }

  private mutating func number(_ column: ResultsColumn) -> UInt64? {
    guard let text = text(column) else { return nil }
    if let number = UInt64(text) { return number }
    report("'\(text)' is no seed: a whole number, not below 0", field(column))
    return nil
  }

  private mutating func flag(_ column: ResultsColumn) -> Bool? {
    guard let text = text(column) else { return nil }
    switch text.lowercased() {
    case "true", "yes", "1": return true
    case "false", "no", "0": return false
    default:
      report("'\(text)' is neither true nor false", field(column))
      return nil
    }
  }

  // MARK: - The design

  private mutating func treatment() -> Treatment? {
    guard let text = required(.treatment, "treatment") else { return nil }
    if let treatment = Treatment(label: text) { return treatment }
    report(
      "'\(text)' is no treatment", field(.treatment),
      notes: [
        .init(
          "treatments are base, BnB, BnB+, AnB, AnB+, random (or RnB), and AnpmB with a number for m; A and B "
            + "stand for the source and the target, n has its own column")
      ])
    return nil
  }

  private mutating func depth(_ treatment: Treatment) -> Int? {
    let given = whole(.depth, atLeast: 0)
    guard problems.isEmpty else { return nil }
    if treatment.kind == .base {
      if let given, given != 0 {
        report("a base network has no layers taken over, not \(given)", field(.depth))
        return nil
      }
      return 0
    }
    guard let given else {
      report(
        "the run lacks n, the number of layers taken over", field(.depth) ?? field(.treatment))
      return nil
    }
    if given == 0, treatment.kind != .other {
      report(
        "'\(treatment.label)' takes over at least one layer: without any it is 'base'",
        field(.depth))
      return nil
    }
    return given
  }

  private mutating func source(_ treatment: Treatment, target: String) -> (name: String?, Void)? {
    guard treatment.kind != .base, treatment.kind != .random else { return (nil, ()) }
    let given = text(.source)
    if treatment.crossesTasks {
      guard let given else {
        report(
          "the run lacks its source, the task that layers come from",
          field(.source) ?? field(.treatment))
        return nil
      }
      guard given != target else {
        report(
          "the layers of '\(treatment.label)' come from another task than the target, not from "
            + "'\(given)'", field(.source), notes: [.init("from the same task it is BnB or BnB+")])
        return nil
      }
      return (given, ())
    }
    if let given, given != target {
      report(
        "the layers of '\(treatment.label)' come from the target '\(target)', not from '\(given)'",
        field(.source), notes: [.init("from another task it is AnB or AnB+")])
      return nil
    }
    return (target, ())
  }

  /// What the split's name tells, unless `division` says it: `random-2` a random division by seed 2,
  /// `25-per-class` a limit on examples, `all` or none a whole dataset.
  private mutating func split(
    target: String
  ) -> (name: String, division: ClassDivision, examples: Int?) {
    let wholeName = "all"
    let name = text(.split) ?? (target == wholeName ? target : "")
    if let limit = name.wholeNumber(before: "-per-class") {
      return (target, target == wholeName ? .whole : .listed, limit)
    }
    let drawn = name.wholeNumber(after: "random-").map(UInt64.init)
    switch text(.division)?.lowercased() {
    case nil:
      if let drawn { return ("random", .random(seed: drawn), nil) }
      if name == wholeName || name.isEmpty && target == wholeName {
        return (target, .whole, nil)
      }
      return (name.isEmpty ? "unnamed" : name, .listed, nil)
    case "random":
      let seed = number(.divisionSeed) ?? drawn ?? name.trailingNumber ?? number(.seed) ?? 0
      return (drawn == nil ? (name.isEmpty ? "random" : name) : "random", .random(seed: seed), nil)
    case "listed": return (name.isEmpty ? "unnamed" : name, .listed, nil)
    case "whole": return (name.isEmpty ? target : name, .whole, nil)
    case let other?:
      report("'\(other)' is no division: random, listed or whole", field(.division))
      return (name, .listed, nil)
    }
  }

  // MARK: - The outcome

  /// What became of the run, and whether the line itself says if it trained.
  private mutating func outcome() -> (outcome: RunOutcome, isJudged: Bool)? {
    let stated = text(.outcome)
    let reason = text(.reason)
    let untrained = flag(.didNotTrain)
    let images = whole(.images, atLeast: 1)
    let selected = flag(.selected)
    switch stated {
    case RunOutcome.divergedWord?: return (.diverged(reason ?? "as the file says"), true)
    case RunOutcome.missingWord?: return (.missing(reason ?? "as the file says"), true)
    case nil, RunOutcome.measuredWord?, RunOutcome.untrainedWord?: break
    case let other?:
      report(
        "'\(other)' is no outcome: measured, did-not-train, diverged or missing", field(.outcome))
      return nil
    }
    let column = ResultsColumn.score(heading.score)
    guard let written = text(column) else {
      return (.missing(reason ?? "it has no score"), true)
    }
    guard let top1 = accuracy(written, field(column)) else { return nil }
    let name = ScoreName(heading.score)
    let measure = Measure(
      top1: top1, images: images, rule: text(.rule) ?? name.rule,
      isSelectedOnItself: selected ?? name.isSelected)
    let isAtChance = stated == RunOutcome.untrainedWord || untrained == true
    return (isAtChance ? .atChance(measure) : .measured(measure), stated != nil || untrained != nil)
  }

  private mutating func accuracy(_ text: String, _ field: DelimitedText.Field?) -> Double? {
    guard let number = Double(text) else {
      report("'\(text)' is no number", field)
      return nil
    }
    guard number.isFinite else {
      report(
        "an accuracy cannot be \(text)", field,
        notes: [
          .init(
            "leave the field empty for a run without a result, or say 'diverged' in a column 'outcome'"
          )
        ])
      return nil
    }
    guard (0...1).contains(number) else {
      report(
        "an accuracy is a fraction from 0 to 1, not \(text)", field,
        notes: number > 1 && number <= 100 ? [.init("divide per cent by 100")] : [])
      return nil
    }
    return number
  }
}

extension Treatment {
  /// Reads what `label` writes; `base` and `random` as well.
  init?(label text: String) {
    switch text {
    case "base", "B", "Base":
      self = .base
      return
    case "random", "RnB", "Random":
      self = .random
      return
    default: break
    }
    var rest = text[...]
    guard let source = rest.popFirst(), source == "A" || source == "B", rest.popFirst() == "n"
    else {
      return nil
    }
    let crossesTasks = source == "A"
    switch rest {
    case "B": self.init(kind: .frozen, crossesTasks: crossesTasks)
    case "B+": self.init(kind: .fineTuned, crossesTasks: crossesTasks)
    case "B (other)": self.init(kind: .other, crossesTasks: crossesTasks)
    default:
      guard rest.popFirst() == "p", rest.popLast() == "B", let preserved = Int(rest), preserved > 0
      else { return nil }
      self.init(kind: .preserved, crossesTasks: crossesTasks, preserved: preserved)
    }
  }
}

extension String {
  /// `2` of `random-2`.
  fileprivate func wholeNumber(after prefix: String) -> Int? {
    guard hasPrefix(prefix), let number = Int(dropFirst(prefix.count)), number >= 0 else {
      return nil
    }
    return number
  }

  /// `25` of `25-per-class`.
  fileprivate func wholeNumber(before suffix: String) -> Int? {
    guard hasSuffix(suffix), let number = Int(dropLast(suffix.count)), number > 0 else {
      return nil
    }
    return number
  }

  /// `3` of `halves-3`.
  fileprivate var trailingNumber: UInt64? {
    split(separator: "-").count > 1 ? split(separator: "-").last.flatMap { UInt64($0) } : nil
  }
}
