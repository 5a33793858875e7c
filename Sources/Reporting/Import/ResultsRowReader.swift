import Basics
import Definitions
import Planning

/// Reads the lines of a results file.
struct ResultsRowReader {
  private let heading: ResultsHeading
  private let source: DelimitedText
  /// Used for runs whose line does not state it.
  private let classes: Int?
  private var record: [DelimitedText.Field] = []
  private var variables: ResultsVariables
  private var places = RunPlace.Pool()
  var problems: [Diagnostic] = []
  /// How many problems each column has, by its position.
  private(set) var problemCounts: [Int: Int] = [:]

  /// Whether the current line has a problem.
  private var isWrong = false

  /// This number of problems is shown for each column: a column that is wrong as a whole is a single mistake.
  static let mostOfColumn = 3

  init(heading: ResultsHeading, text: DelimitedText, classes: Int?) {
    self.heading = heading
    source = text
    self.classes = classes
    variables = ResultsVariables(heading.variables)
  }

  /// `nil` if the line has a problem.
  mutating func read(_ record: [DelimitedText.Field]) -> ResultsRow? {
    self.record = record
    isWrong = false
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
    let seed = seed(.seed)
    let examples = split.examples ?? whole(.examples, in: ResultsLimits.count)
    let classes = whole(.classes, in: ResultsLimits.classes) ?? classes
    guard !isWrong else { return nil }
    let variables = variables.read(record, of: self.source)
    let design = ReportEntry(
      network: text(.network), split: split.name, division: split.division, target: target,
      source: source.name, depth: depth, kind: treatment.kind, seed: seed ?? 0,
      isSeedStated: seed != nil, examples: examples,
      preserved: treatment.preserved, phases: treatment.phases, measuredOn: text(.measuredOn),
      score: text(.rule) ?? heading.scoreName.rule, variables: variables.all)
    let place = field(.run) ?? record[0]
    return ResultsRow(
      result: RunResult(
        name: text(.run) ?? "line \(place.line)", design: design,
        place: places.place(of: design, variables), outcome: outcome.outcome),
      isJudged: outcome.isJudged, classes: classes, place: place)
  }

  // MARK: - Fields

  private func field(_ column: ResultsColumn) -> DelimitedText.Field? {
    heading.position(column).map { record[$0] }
  }

  /// `nil` if the column is absent or the field empty.
  private func text(_ column: ResultsColumn) -> String? {
    guard let position = heading.position(column) else { return nil }
    return text(at: position)
  }

  private func text(at position: Int) -> String? { source.content(record[position]) }

  private mutating func report(
    _ message: String, _ field: DelimitedText.Field?, notes: [Diagnostic.Note] = []
  ) {
    isWrong = true
    let place = field ?? record[0]
    let column = record.firstIndex(of: place) ?? 0
    problemCounts[column, default: 0] += 1
    guard problemCounts[column, default: 0] <= ResultsRowReader.mostOfColumn else {
      return
    }
    problems.append(.error(message, at: source.span(place), notes: notes))
  }

  private mutating func required(_ column: ResultsColumn, _ name: String) -> String? {
    if let text = text(column) { return text }
    report("the run lacks its \(name)", field(column))
    return nil
  }

  private mutating func whole(_ column: ResultsColumn, in range: ClosedRange<Int>) -> Int? {
    guard let text = text(column) else { return nil }
    if case .number(let number) = WholeNumber(text), range.contains(number) { return number }
    let isLarge =
      switch WholeNumber(text) {
      case .number(let number): number > range.upperBound
      case .tooLarge: true
      case .other: false
      }
    report(
      isLarge
        ? "'\(text)' is too large: at most \(grouped(range.upperBound)) is allowed"
        : "'\(text)' is not a whole number of at least \(range.lowerBound)", field(column))
    return nil
  }

  private mutating func seed(_ column: ResultsColumn) -> UInt64? {
    guard let text = text(column) else { return nil }
    if !text.hasPrefix("-"), let number = UInt64(text) { return number }
    switch WholeNumber(text) {
    case .number(let number): return UInt64(number)
    case .tooLarge: report("'\(text)' is too large for a seed", field(column))
    case .other: report("'\(text)' is not a seed: seeds are whole numbers from 0", field(column))
    }
    return nil
  }

  private mutating func flag(_ column: ResultsColumn) -> Bool? {
    guard let text = text(column) else { return nil }
    switch text.lowercased() {
    case "true", "yes", "1", "1.0": return true
    case "false", "no", "0", "0.0": return false
    default:
      report("'\(text)' is neither true nor false", field(column))
      return nil
    }
  }

  // MARK: - The design

  private mutating func treatment() -> Treatment? {
    guard let text = required(.treatment, "treatment") else { return nil }
    if let treatment = Treatment(label: text), ResultsLimits.depth.contains(treatment.preserved) {
      return treatment
    }
    report(
      "'\(text)' is not a treatment", field(.treatment),
      notes: [
        .init(
          "treatments are base, BnB, BnB+, AnB, AnB+, random (or RnB), and AnpmB with a number for m; A and B "
            + "stand for the source and the target, n has its own column")
      ])
    return nil
  }

  private mutating func depth(_ treatment: Treatment) -> Int? {
    let given = whole(.depth, in: ResultsLimits.depth)
    guard problems.isEmpty else { return nil }
    if treatment.kind == .base {
      if let given, given != 0 {
        report("a base network copies no layers, not \(given)", field(.depth))
        return nil
      }
      return 0
    }
    guard let given else {
      report(
        "the run lacks n, the number of copied layers", field(.depth) ?? field(.treatment))
      return nil
    }
    if given == 0, treatment.kind != .other {
      report(
        "'\(treatment.label)' copies at least one layer: without any it is 'base'",
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
          "the layers of '\(treatment.label)' come from a different task than the target, not from "
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

  /// What the name of the split states unless `division` does: `random-2` is a random division with seed 2,
  /// `25-per-class` a limit on examples, `all` or an empty name a whole dataset.
  private mutating func split(
    target: String
  ) -> (name: String, division: ClassDivision, examples: Int?) {
    let wholeName = "all"
    let name = text(.split) ?? (target == wholeName ? target : "")
    if let limit = name.wholeNumber(before: "-per-class") {
      return (target, target == wholeName ? .whole : .listed, limit)
    }
    let drawn = name.seed(after: "random-")
    let divisionSeed = seed(.divisionSeed)
    switch text(.division)?.lowercased() {
    case nil:
      if let drawn { return ("random", .random(seed: drawn), nil) }
      if name == wholeName || name.isEmpty && target == wholeName {
        return (target, .whole, nil)
      }
      return (name.isEmpty ? "unnamed" : name, .listed, nil)
    case "random":
      let seed = divisionSeed ?? drawn ?? name.trailingNumber ?? seed(.seed) ?? 0
      return (drawn == nil ? (name.isEmpty ? "random" : name) : "random", .random(seed: seed), nil)
    case "listed": return (name.isEmpty ? "unnamed" : name, .listed, nil)
    case "whole": return (name.isEmpty ? target : name, .whole, nil)
    case let other?:
      report("'\(other)' is not a division: random, listed or whole", field(.division))
      return (name, .listed, nil)
    }
  }

  // MARK: - The outcome

  /// The outcome of the run, and whether the line itself states if it trained.
  private mutating func outcome() -> (outcome: RunOutcome, isJudged: Bool)? {
    let stated = text(.outcome)
    let reason = text(.reason)
    let untrained = flag(.didNotTrain)
    let images = whole(.images, in: ResultsLimits.count)
    let selected = flag(.selected)
    switch stated {
    case RunOutcome.divergedWord?: return (.diverged(reason ?? "as stated in the file"), true)
    case RunOutcome.missingWord?: return (.missing(reason ?? "as stated in the file"), true)
    case nil, RunOutcome.measuredWord?, RunOutcome.untrainedWord?: break
    case let other?:
      report(
        "'\(other)' is not an outcome: measured, did-not-train, diverged or missing",
        field(.outcome))
      return nil
    }
    guard let written = text(at: heading.scorePosition) else {
      return (.missing(reason ?? "it has no score"), true)
    }
    guard let top1 = accuracy(written, record[heading.scorePosition]) else { return nil }
    let name = heading.scoreName
    let measure = Measure(
      top1: top1, images: images, rule: text(.rule) ?? name.rule ?? Measure.unknownRule,
      isSelectedOnItself: selected ?? name.isSelected)
    let isAtChance = stated == RunOutcome.untrainedWord || untrained == true
    return (isAtChance ? .atChance(measure) : .measured(measure), stated != nil || untrained != nil)
  }

  private mutating func accuracy(_ text: String, _ field: DelimitedText.Field?) -> Double? {
    guard let number = Double(text), !text.lowercased().contains("x") else {
      report("'\(text)' is not a number", field)
      return nil
    }
    guard number.isFinite else {
      report(
        "an accuracy cannot be \(text)", field,
        notes: [
          .init(
            "leave the field empty for a run without a result, or write 'diverged' in a column 'outcome'"
          )
        ])
      return nil
    }
    guard number.sign == .plus, number <= 1 else {
      report(
        "an accuracy is a fraction from 0 to 1, not \(text)", field,
        notes: number > 1 && number <= 100 ? [.init("divide per cent by 100")] : [])
      return nil
    }
    return number
  }
}

extension String {
  /// `2` from `random-2`.
  fileprivate func seed(after prefix: String) -> UInt64? {
    hasPrefix(prefix) ? UInt64(dropFirst(prefix.count)) : nil
  }

  /// `25` from `25-per-class`.
  fileprivate func wholeNumber(before suffix: String) -> Int? {
    guard hasSuffix(suffix), let number = Int(dropLast(suffix.count)),
      ResultsLimits.count.contains(number)
    else {
      return nil
    }
    return number
  }

  /// `3` from `halves-3`.
  fileprivate var trailingNumber: UInt64? {
    split(separator: "-").count > 1 ? split(separator: "-").last.flatMap { UInt64($0) } : nil
  }
}
