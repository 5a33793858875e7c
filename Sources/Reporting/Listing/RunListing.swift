import Basics
import Planning

/// Runs with their settings and results, to be filtered, sorted and grouped: a table in columns, since most operations
/// look at one of them in all runs.
package struct RunListing: Sendable {
  package struct Column: Sendable {
    package enum Role: Hashable, Sendable {
      /// A name, which says nothing about the run.
      case label
      /// Determines the result: runs that differ in it are different experiments.
      case setting
      /// A seed, or what was drawn with one: runs that differ only in it are replicates.
      case replicate
      case result
    }

    /// `top1`, `treatment`, or the path of a setting: `solver.rate.start`.
    package var name: String
    package var role: Role
    /// For each run; `nil` where it does not apply.
    package var values: [VariableValue?]

    package init(_ name: String, _ role: Role, _ values: [VariableValue?]) {
      self.name = name
      self.role = role
      self.values = values
    }

    /// Whether any two runs differ. That runs without a source lack the settings of one is no difference: their treatment
    /// says so.
    var isVarying: Bool {
      let isOfSource = name.hasPrefix("\(SettingText.source).")
      let compared = isOfSource ? values.filter { $0 != nil } : values
      return compared.contains { $0 != compared[0] }
    }
  }

  /// All of the same length.
  package private(set) var columns: [Column]
  package private(set) var count: Int

  /// - Precondition: all columns have `count` values.
  package init(_ columns: [Column], count: Int) {
    precondition(columns.allSatisfy { $0.values.count == count }, "a value for each run")
    // What no run has is no column.
    self.columns = columns.filter { column in column.values.contains { $0 != nil } }
    self.count = count
  }

  /// The column that a user names: by its name, or as tables call it.
  ///
  /// - Throws: `DiagnosticError` if there is none.
  package func column(named text: String) throws(DiagnosticError) -> Column {
    if let column = columns.first(where: { $0.name == text }) { return column }
    let called = columns.filter { SettingText($0.name).heading == text }
    if let column = called.first { return column }
    throw DiagnosticError(
      "no run has a field '\(text)'",
      notes: Diagnostic.Note.nearestOrAll(to: text, among: columns.map(\.name)))
  }

  /// The runs at some positions, in this order.
  private func taking(_ positions: [Int]) -> RunListing {
    RunListing(
      columns.map { column in
        Column(column.name, column.role, positions.map { column.values[$0] })
      }, count: positions.count)
  }

  /// The number of runs that have not been measured.
  package var runsWithoutResult: Int {
    let results = columns.filter { $0.role == .result }
    return (0..<count).count { run in results.allSatisfy { $0.values[run] == nil } }
  }

  // MARK: - Filtering

  /// The runs that meet all conditions.
  ///
  /// - Throws: `DiagnosticError` for a field that no run has.
  package func filtered(_ conditions: [RunCondition]) throws(DiagnosticError) -> RunListing {
    guard !conditions.isEmpty else { return self }
    var positions = Array(0..<count)
    for condition in conditions {
      let column = try column(named: condition.field)
      positions.removeAll { !condition.holds(for: column.values[$0]) }
    }
    return taking(positions)
  }

  // MARK: - Sorting

  /// The runs in the order of some fields, the first of them first; runs without a value last.
  ///
  /// - Parameter keys: names of fields, with `-` in front of those that descend.
  /// - Throws: `DiagnosticError` for a field that no run has.
  package func sorted(by keys: [String]) throws(DiagnosticError) -> RunListing {
    guard !keys.isEmpty else { return self }
    var orders: [(ranks: [Int], isDescending: Bool)] = []
    for key in keys {
      let isDescending = key.hasPrefix("-")
      let column = try column(named: isDescending ? String(key.dropFirst()) : key)
      orders.append((RunListing.ranks(column.values), isDescending))
    }
    let positions = (0..<count).sorted { first, second in
      for (ranks, isDescending) in orders where ranks[first] != ranks[second] {
        if ranks[first] == Int.max || ranks[second] == Int.max {
          return ranks[first] < ranks[second]
        }
        return (ranks[first] < ranks[second]) != isDescending
      }
      return first < second
    }
    return taking(positions)
  }

  /// The place of each value among the different ones: numbers by size, then text by its characters.
  private static func ranks(_ values: [VariableValue?]) -> [Int] {
    var numbers: Set<Double> = []
    var texts: Set<String> = []
    for case let value? in values {
      if case .number(let number) = value {
        numbers.insert(number)
      } else {
        texts.insert("\(value)")
      }
    }
    var ranks: [String: Int] = [:]
    for (index, text) in texts.sorted(by: naturallyPrecedes).enumerated() {
      ranks[text] = numbers.count + index
    }
    var numberRanks: [Double: Int] = [:]
    for (index, number) in numbers.sorted().enumerated() { numberRanks[number] = index }
    return values.map { value in
      guard let value else { return .max }
      if case .number(let number) = value { return numberRanks[number] ?? .max }
      return ranks["\(value)"] ?? .max
    }
  }

  // MARK: - Choosing

  /// Only some fields, in this order.
  ///
  /// - Throws: `DiagnosticError` for a field that no run has.
  package func choosing(_ fields: [String]) throws(DiagnosticError) -> RunListing {
    var chosen: [Column] = []
    for field in fields { chosen.append(try column(named: field)) }
    return RunListing(chosen, count: count)
  }

  /// Without what all runs share, other than their results.
  package var withoutShared: RunListing {
    guard count > 1 else { return self }
    return RunListing(
      columns.filter { $0.role == .result || $0.isVarying }, count: count)
  }
}

/// Numbers within text by size: `A2B` before `A10B`.
private func naturallyPrecedes(_ first: String, _ second: String) -> Bool {
  let a = Array(first.utf8), b = Array(second.utf8)
  let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  var i = 0, j = 0
  while i < a.count, j < b.count {
    if digits ~= a[i], digits ~= b[j] {
      let start = i, other = j
      while i < a.count, digits ~= a[i] { i += 1 }
      while j < b.count, digits ~= b[j] { j += 1 }
      let left = a[start..<i].drop { $0 == UInt8(ascii: "0") }
      let right = b[other..<j].drop { $0 == UInt8(ascii: "0") }
      if left.count != right.count { return left.count < right.count }
      if !left.elementsEqual(right) { return left.lexicographicallyPrecedes(right) }
      continue
    }
    if a[i] != b[j] { return a[i] < b[j] }
    i += 1
    j += 1
  }
  if a.count - i != b.count - j { return a.count - i < b.count - j }
  return first < second
}
