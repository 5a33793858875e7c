import Basics
import Planning

/// The results of several runs of a listing.
package struct RunGroup: Sendable {
  /// What its runs share, in the order of the grouping's fields.
  package var shared: [VariableValue?]
  package var runs: Int
  /// Those of them that did not train or diverged, which are left out of means.
  package var untrained: Int
  /// For each result, the mean over the runs that have it with its interval; `nil` if none has.
  package var estimates: [Estimate?]
}

/// Groups of runs that differ in nothing else than seeds.
package struct RunGroups: Sendable {
  /// The fields by which runs are grouped.
  package var fields: [RunListing.Column]
  /// The names of the results.
  package var results: [String]
  package var groups: [RunGroup]
}

extension RunListing {
  /// The runs grouped by some fields, in the order of their first runs.
  ///
  /// The interval of a mean is Student's over units that are independent as far as the listing says: runs with the same
  /// seeds are one unit. Runs that did not train are left out of means, and counted.
  ///
  /// - Parameter fields: all settings if empty.
  /// - Throws: `DiagnosticError` for a field that no run has.
  package func grouped(by fields: [String] = []) throws(DiagnosticError) -> RunGroups {
    var keys: [Column] = []
    if fields.isEmpty {
      keys = columns.filter { $0.role == .setting }
    } else {
      for field in fields { keys.append(try column(named: field)) }
    }
    let seeds = columns.filter { column in
      column.role == .replicate && !keys.contains { $0.name == column.name }
    }
    let results = columns.filter { $0.role == .result && !RunListing.isCount($0.name) }
    // Where no run has an outcome, nothing is known about them.
    let outcomes = columns.first { $0.role == .label && $0.name == RunListing.outcomeName }
    let isTrained = (0..<count).map { run in
      guard case .text(let outcome)? = outcomes?.values[run] else { return true }
      return outcome != RunOutcome.untrainedWord && outcome != RunOutcome.divergedWord
    }
    let groups = Numbering(keys).members(count)
    let shown = fields.isEmpty && groups.count > 1 ? keys.filter(\.isVarying) : keys
    return RunGroups(
      fields: shown, results: results.map(\.name),
      groups: groups.map { members in
        RunGroup(
          shared: shown.map { $0.values[members[0]] }, runs: members.count,
          untrained: members.count { !isTrained[$0] },
          estimates: results.map {
            estimate($0, of: members.filter { isTrained[$0] }, seeds: seeds)
          })
      })
  }

  private func estimate(_ result: Column, of members: [Int], seeds: [Column]) -> Estimate? {
    var units: [[VariableValue?]: [Observation]] = [:]
    var order: [[VariableValue?]] = []
    var singles: [[Observation]] = []
    for member in members {
      guard case .number(let value)? = result.values[member], value.isFinite else { continue }
      // A run without a seed is a unit of its own.
      let seed = seeds.map { $0.values[member] }
      guard seed.contains(where: { $0 != nil }) else {
        singles.append([Observation(value)])
        continue
      }
      if units[seed] == nil { order.append(seed) }
      units[seed, default: []].append(Observation(value))
    }
    let estimate = Estimate(ofUnits: order.compactMap { units[$0] } + singles)
    // Intervals end where the numbers do.
    return estimate?.within(
      0...(RunListing.isFraction(result.name) ? 1 : .greatestFiniteMagnitude))
  }

  /// Results that are no measurements: their mean says nothing.
  private static func isCount(_ name: String) -> Bool { name == RunListing.imagesName }

  static let imagesName = "images"
  static let outcomeName = "outcome"

  /// Whether a result is a fraction of the images.
  static func isFraction(_ name: String) -> Bool { name.hasPrefix("top") || name == "score" }
}

/// Numbers of the different combinations of values.
private struct Numbering {
  private let keys: [RunListing.Column]

  init(_ keys: [RunListing.Column]) { self.keys = keys }

  /// The positions of each combination, in order of appearance. Values are numbered column by column, so that a run's key
  /// is a few numbers.
  func members(_ count: Int) -> [[Int]] {
    var keysOfRuns = [[Int]](repeating: [], count: count)
    for column in keys {
      var numbers: [VariableValue?: Int] = [:]
      for (index, value) in column.values.enumerated() {
        let number = numbers[value] ?? numbers.count
        numbers[value] = number
        keysOfRuns[index].append(number)
      }
    }
    var positions: [[Int]: Int] = [:]
    var groups: [[Int]] = []
    for (index, key) in keysOfRuns.enumerated() {
      if let known = positions[key] {
        groups[known].append(index)
      } else {
        positions[key] = groups.count
        groups.append([index])
      }
    }
    return groups
  }
}
