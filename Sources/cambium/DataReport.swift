import Basics
import Datasets
import Definitions
import Reporting

/// A file that `cambium data` writes.
enum SurveyFile {
  case page, sheet

  /// - Returns: `nil` for a path with another ending.
  init?(path: String) {
    let path = path.lowercased()
    if path.hasSuffix(".html") || path.hasSuffix(".htm") {
      self = .page
    } else if path.hasSuffix(".svg") {
      self = .sheet
    } else {
      return nil
    }
  }
}

/// The results of `cambium data`, as text, as JSON and as files.
struct DataReport {
  var name: String
  var definition: DatasetDefinition
  var survey: DatasetSurvey
  /// As written in the pipeline file.
  var source: DatasetDefinition.Source?
  var isThere = true
  /// The name of the network whose input the contact sheet shows; `nil` for whole images.
  var network: String?
  var sheet: ContactSheet?
  /// Why there is no contact sheet.
  var sheetProblem: String?

  init(name: String, definition: DatasetDefinition, survey: DatasetSurvey) {
    self.name = name
    self.definition = definition
    self.survey = survey
  }

  /// The contact sheet alone, or the page.
  ///
  /// - Throws: `DiagnosticError` if there is nothing to draw.
  func document(as file: SurveyFile) throws -> String {
    switch file {
    case .page:
      return DataPage(
        title: name, origin: origin, survey: survey, figure: figure,
        sheetProblem: sheetProblem
      ).html
    case .sheet:
      guard let figure else {
        throw DiagnosticError(
          "there is no contact sheet: \(sheetProblem ?? "no image can be read")")
      }
      return figure.drawing.document
    }
  }

  private var figure: Figure? {
    sheet.map {
      ContactSheetFigure(
        $0, network: network, normalization: definition.preprocessing.normalization
      ).figure
    }
  }

  /// `data/photos; the files were decoded`
  private var origin: String {
    let place =
      switch source ?? definition.source {
      case .path(let path): path
      case .shapes: "builtin:shapes"
      }
    switch survey.pixels {
    case .decoded: return place
    case .packed:
      return isThere
        ? "\(place); pixels from the store's packed images"
        : "\(place) does not exist; from the store's packed images"
    }
  }
}

// MARK: - Text

extension DataReport {
  private static let columns = 80
  private static let indent = 13
  /// Longer lists are cut.
  private static let mostClasses = 40
  private static let mostSizes = 5
  private static let mostGroups = 5
  private static let mostFiles = 5

  /// At most 80 columns wide, as far as names allow.
  var text: String {
    var text = wrapped("\(name): \(origin)", indent: 0)
    text += wrapped(totals, indent: 0) + "\n" + classes + "\n"
    text += entry("sizes", sizes)
    text += entry("values", values)
    text += entry("duplicates", duplicates)
    for (title, lines) in files { text += entry(title, lines) }
    if let sheetProblem { text += entry("no sheet", [sheetProblem]) }
    return text
  }

  private var totals: String {
    let counts = survey.classes
    func images(_ count: (DatasetSurvey.ClassCounts) -> Int, _ kind: String) -> String {
      counted(counts.reduce(0) { $0 + count($1) }, "\(kind) image")
    }
    var parts = [images(\.train, "training")]
    if definition.holdOut != nil { parts.append(images(\.validation, "validation")) }
    let all =
      parts.joined(separator: ", ") + " and \(images(\.test, "test")) of "
      + counted(counts.count, "class", plural: "classes")
    guard let size = survey.packedSize else { return all }
    return "\(all), \(survey.channels)×\(size.text) when packed"
  }

  private var classes: String {
    let hasValidation = definition.holdOut != nil
    var rows = [["class", "train"] + (hasValidation ? ["validation"] : []) + ["test"]]
    for entry in survey.classes.prefix(DataReport.mostClasses) {
      rows.append(
        [shortened(printable(entry.name), to: 44), grouped(entry.train)]
          + (hasValidation ? [grouped(entry.validation)] : []) + [grouped(entry.test)])
    }
    let more = survey.classes.count - DataReport.mostClasses
    return alignedColumns(rows, .numbers)
      + (more > 0 ? "… \(grouped(more)) more; --json has all\n" : "")
  }

  private var sizes: [String] {
    guard let sizes = survey.sizes, let height = sizes.height, let width = sizes.width else {
      return ["not known without the files"]
    }
    let entries = sizes.entries
    guard entries.count > 1 || sizes.others > 0 else {
      return ["all images are \(entries[0].size.text) (height×width)"]
    }
    func text(_ spread: SizeDistribution.Spread) -> String {
      "\(spread.least) to \(spread.largest), median \(spread.median)"
    }
    var lines = ["height \(text(height))", "width  \(text(width))"]
    lines += entries.prefix(DataReport.mostSizes).map {
      "\($0.size.text): \(counted($0.count, "image"))"
    }
    let more = entries.count - DataReport.mostSizes
    if more > 0 { lines.append("and \(counted(more, "other size"))") }
    if definition.size == nil {
      lines.append("the dataset needs 'size': without it, all images must have one size")
    }
    return lines
  }

  private var values: [String] {
    guard let statistics = survey.statistics else { return ["no training image can be read"] }
    func list(_ numbers: [Double]) -> String {
      numbers.map { fixed($0, decimals: 4) }.joined(separator: ", ")
    }
    return [
      "mean \(list(statistics.mean)), deviation \(list(statistics.deviation))",
      "of pixel / 255 of \(counted(statistics.images, "training image"))",
    ] + setting(statistics)
  }

  /// The setting to be pasted, in two lines of a flow mapping.
  private func setting(_ statistics: ChannelStatistics) -> [String] {
    let parts = statistics.setting.split(separator: ", deviation", maxSplits: 1)
    return ["\(parts[0]),"] + parts.dropFirst().map { "  deviation\($0)" }
  }

  private var duplicates: [String] {
    let found = survey.duplicates
    guard found.groupCount > 0 else { return ["none: no two images have the same pixels"] }
    var lines: [String] = []
    if found.testInTraining > 0 {
      lines.append(
        "\(counted(found.testInTraining, "test image")) \(found.testInTraining == 1 ? "is a training image" : "are training images") as well"
      )
    }
    if found.contradictory > 0 {
      lines.append(
        "\(counted(found.contradictory, "image")) in several classes")
    }
    for (count, subset) in [
      (found.repeatedInTraining, "training"), (found.repeatedInTest, "test"),
    ] where count > 0 {
      lines.append(
        "\(counted(count, "\(subset) image")) \(count == 1 ? "repeats" : "repeat") another")
    }
    for group in found.groups.prefix(DataReport.mostGroups) {
      let shown = group.files.prefix(3).map { shortened(printable($0), to: 62) }
      lines += shown.enumerated().map { ($0 == 0 ? "" : "= ") + $1 }
      if group.files.count > shown.count {
        lines.append("= \(grouped(group.files.count - shown.count)) more")
      }
    }
    let more = found.groupCount - DataReport.mostGroups
    if more > 0 { lines.append("and \(grouped(more)) more such groups") }
    return lines
  }

  private var files: [(title: String, lines: [String])] {
    var entries: [(title: String, lines: [String])] = []
    let unreadable = survey.unreadable
    if unreadable.count > 0 {
      let what = definition.unreadable == .skip ? "skipped" : "'unreadable: skip' skips them"
      entries.append(
        ("unreadable", ["\(counted(unreadable.count, "image")); \(what)"] + list(unreadable)))
    }
    for (position, (kind, files)) in survey.unusual.enumerated() {
      entries.append((position == 0 ? "unusual" : "", [kind.remark(files.count)] + list(files)))
    }
    if survey.passedOver.count > 0 {
      entries.append(
        (
          "ignored",
          [
            "\(counted(survey.passedOver.count, "system file or note", plural: "system files and notes"))"
          ]
            + list(survey.passedOver)
        ))
    }
    return entries
  }

  private func list(_ files: FileList) -> [String] {
    var lines = files.first.prefix(DataReport.mostFiles).map { file in
      let name = "  " + shortened(printable(file.name), to: 62)
      return file.reason.map { "\(name): \(printable($0))" } ?? name
    }
    let more = files.count - lines.count
    if more > 0, !lines.isEmpty { lines.append("  and \(grouped(more)) more") }
    return lines
  }

  // MARK: - Lines

  private func entry(_ title: String, _ lines: [String]) -> String {
    lines.enumerated().map { index, line in
      let title = index == 0 ? title : ""
      let start = title + String(repeating: " ", count: DataReport.indent - title.count)
      return wrapped(line, after: start, indent: DataReport.indent + 2)
    }.joined()
  }

  /// The text in lines of at most 80 columns, divided between words.
  private func wrapped(_ text: String, after start: String = "", indent: Int) -> String {
    var lines: [String] = []
    // Spaces at the beginning are part of the layout.
    var line = start + text.prefix { $0 == " " }
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > DataReport.columns {
        lines.append(line)
        line = String(repeating: " ", count: indent)
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    lines.append(line)
    return lines.map { $0 + "\n" }.joined()
  }

  /// A name without its middle, if it is too long.
  private func shortened(_ name: String, to most: Int) -> String {
    guard name.count > most else { return name }
    let end = (most - 1) * 2 / 3
    return name.prefix(most - 1 - end) + "…" + name.suffix(end)
  }
}

// MARK: - JSON

extension DataReport: ValueConvertible {
  /// `{"format": 1, "dataset", "source", "exists", …}` with the entries of `DatasetSurvey.value`.
  var value: Value {
    var entries = survey.value.asMap ?? [:]
    entries["format"] = 1
    entries["dataset"] = .string(name)
    entries["exists"] = .bool(isThere)
    if case .path(let path) = source ?? definition.source {
      entries["source"] = .string(path)
    } else {
      entries["source"] = "builtin:shapes"
    }
    entries["setting"] = survey.statistics.map { .string($0.setting) }
    return .map(entries)
  }
}
