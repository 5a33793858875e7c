import Planning

/// Reads the variables of lines: each combination of texts once, since lines often share them.
struct ResultsVariables {
  private typealias Variable = ResultsHeading.Variable

  private let variables: [Variable]
  /// Positions of columns of variables that follow each other.
  private var runs: [ClosedRange<Int>] = []
  /// The bytes of the columns, line by line.
  private var latest: [UInt8] = []
  private var latestVariables = RunVariables.none
  private var known: [[UInt8]: RunVariables] = [:]
  /// The names of the settings of the latest combination.
  private var latestNames = Shared<Set<String>>([])
  private var settings = Shared<RunSettings>.Pool()

  init(_ variables: [ResultsHeading.Variable]) {
    self.variables = variables
    for position in variables.map(\.position).sorted() {
      if let last = runs.last, last.upperBound + 1 == position {
        runs[runs.count - 1] = last.lowerBound...position
      } else {
        runs.append(position...position)
      }
    }
  }

  /// The variables of a line. Empty fields are left out.
  mutating func read(_ record: [DelimitedText.Field], of text: DelimitedText) -> RunVariables {
    guard !variables.isEmpty else { return latestVariables }
    if isLatest(record, of: text) { return latestVariables }
    latest.removeAll(keepingCapacity: true)
    for run in runs {
      latest += text.bytes(from: record[run.lowerBound], through: record[run.upperBound])
      // Ends the part, since fields cannot contain it without quotes.
      latest.append(UInt8(ascii: "\n"))
    }
    if let found = known[latest] {
      latestVariables = found
    } else {
      latestVariables = variables(record, of: text)
      known[latest] = latestVariables
    }
    return latestVariables
  }

  private func isLatest(_ record: [DelimitedText.Field], of text: DelimitedText) -> Bool {
    var start = 0
    for run in runs {
      let bytes = text.bytes(from: record[run.lowerBound], through: record[run.upperBound])
      let end = start + bytes.count
      guard end < latest.count, latest[end] == UInt8(ascii: "\n"),
        latest[start..<end].elementsEqual(bytes)
      else { return false }
      start = end + 1
    }
    return true
  }

  private mutating func variables(
    _ record: [DelimitedText.Field], of text: DelimitedText
  ) -> RunVariables {
    var all: [String: RunVariable] = [:]
    all.reserveCapacity(variables.count)
    var settings: [String: VariableValue] = [:]
    var replicate: [String: VariableValue] = [:]
    for variable in variables {
      guard let text = text.content(record[variable.position]) else { continue }
      let value = VariableValue(text)
      all[variable.name] = RunVariable(value, role: variable.role)
      switch variable.role {
      case .setting: settings[variable.name] = value
      case .replicate: replicate[variable.name] = value
      case .label: break
      }
    }
    let isLatest =
      settings.count == latestNames.value.count
      && settings.keys.allSatisfy(latestNames.value.contains)
    if !isLatest { latestNames = Shared(Set(settings.keys)) }
    return RunVariables(
      all, settings: self.settings.share(RunSettings(settings, names: latestNames)),
      replicate: replicate)
  }
}

extension DelimitedText {
  /// The text of a field without white space at its ends; `nil` if nothing is left.
  func content(_ field: Field) -> String? {
    let text = text(field).trimmed
    return text.isEmpty ? nil : CSVText.original(text)
  }
}
