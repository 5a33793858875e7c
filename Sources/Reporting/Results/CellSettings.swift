import Planning

/// The settings stated by the runs of one treatment at one n.
struct CellSettings {
  /// The variables that some of the runs state.
  private(set) var names: Set<String> = []
  /// The variables in which some of the runs differ.
  private(set) var differing: Set<String> = []
  private var first: RunSettings?
  private var latest: Shared<RunSettings>?
  private var seen: Set<Shared<RunSettings>> = []
  private var seenNames: Set<Shared<Set<String>>> = []
  /// The names in which no two runs are known to differ.
  private var common: [String] = []

  mutating func add(_ settings: Shared<RunSettings>) {
    // Runs with equal settings often follow each other.
    guard settings != latest else { return }
    latest = settings
    guard seen.insert(settings).inserted else { return }
    if seenNames.insert(settings.value.names).inserted {
      for name in settings.value.names.value where names.insert(name).inserted {
        common.append(name)
      }
    }
    guard let first else {
      self.first = settings.value
      return
    }
    let values = settings.value.values
    common.removeAll { name in
      guard values[name] != first.values[name] else { return false }
      differing.insert(name)
      return true
    }
  }
}

/// The settings of all cells of some runs.
struct CellTable {
  /// Where the settings of a cell's runs are collected.
  private struct Slots {
    /// In `cells`.
    var cell: Int
    /// In `wholes`.
    var whole: Int
  }

  private let areOfPools: Bool
  private var slots: [Shared<ReportEntry.Cell>: Slots] = [:]
  private var cells: [CellSettings] = []
  /// What the runs of treatments in phases and the same at once state.
  private var wholes: [StatedSettings] = []

  /// - Parameter inPools: whether runs with any limit on examples are compared.
  init(_ runs: [RunResult], inPools: Bool = false) {
    areOfPools = inPools
    var positions: (cells: [ReportEntry.Cell: Int], wholes: [ReportEntry.Cell: Int]) = ([:], [:])
    let hasPhases = runs.contains { $0.design.phases != nil }
    for run in runs {
      let own = slots[run.cell] ?? addSlots(for: run.cell, &positions)
      cells[own.cell].add(run.settings)
      if hasPhases { wholes[own.whole].add(run.settings) }
    }
  }

  private mutating func addSlots(
    for cell: Shared<ReportEntry.Cell>,
    _ positions: inout (cells: [ReportEntry.Cell: Int], wholes: [ReportEntry.Cell: Int])
  ) -> Slots {
    let key = areOfPools ? cell.value.pool : cell.value
    var whole = key
    whole.phases = nil
    let own = Slots(
      cell: positions.cells[key] ?? cells.count, whole: positions.wholes[whole] ?? wholes.count)
    if own.cell == cells.count { cells.append(CellSettings()) }
    if own.whole == wholes.count { wholes.append(StatedSettings()) }
    positions.cells[key] = own.cell
    positions.wholes[whole] = own.whole
    slots[cell] = own
    return own
  }

  /// The settings in which comparable runs differ: those of one treatment and n; of a treatment in phases and the same at
  /// once, what both state.
  var differing: Set<String> {
    cells.reduce(into: wholes.reduce(into: Set<String>()) { $0.formUnion($1.differing) }) {
      $0.formUnion($1.differing)
    }
  }

  /// The variables that some run of a cell states.
  func names(in cell: Shared<ReportEntry.Cell>) -> Set<String> {
    slots[cell].map { cells[$0.cell].names } ?? []
  }

  /// The settings in which comparable runs of a study differ, whatever their limit on examples.
  static func differing(inPoolsOf runs: [RunResult]) -> Set<String> {
    CellTable(runs, inPools: true).differing
  }
}

/// Settings of which only those matter that several runs state.
private struct StatedSettings {
  /// The latest value of each variable.
  private var values: [String: VariableValue] = [:]
  /// The variables in which some of the runs differ.
  private(set) var differing: Set<String> = []
  private var latest: Shared<RunSettings>?

  mutating func add(_ settings: Shared<RunSettings>) {
    guard settings != latest else { return }
    latest = settings
    for (name, value) in settings.value.values {
      if values.updateValue(value, forKey: name) ?? value != value { differing.insert(name) }
    }
  }
}
