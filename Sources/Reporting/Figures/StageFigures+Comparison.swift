import ArtifactStore
import Basics
import Definitions
import Planning
import Results

extension StageFigures {
  /// Heat maps of a comparison.
  package static let comparison = StageFigures([.compare]) { stage throws(DiagnosticError) in
    guard let result = try stage.artifact.result(Comparison.self, from: stage.fileSystem) else {
      return []
    }
    return LayerMatrixFigure.all(
      of: [result], name: stage.fileName, title: "the layers of \(stage.name)",
      sides: stage.sides ?? ("the first network", "the second network"),
      pooling: ActivationPooling(of: stage.artifact.record))
  }
}

extension AnalysisReport {
  /// How alike networks are, layer by layer.
  package static let comparisons = AnalysisReport(.compare) { networks, source, analysis in
    let results = try networks.map { ($0, try ComparisonResult(of: $0.artifact.record)) }
    let found = Dictionary(
      results.map { ($0.0.name, $0.1) }, uniquingKeysWith: { first, _ in first })
    let matrices = try networks.map { network in
      (network.name, try source.result(Comparison.self, of: network.artifact))
    }
    let compared = Dictionary(matrices, uniquingKeysWith: { first, _ in first })
    let pools = PooledComparisons.all(networks)
    var section = AnalysisSection(
      id: "comparisons", title: "Comparisons",
      note:
        "Trained networks compared layer by layer, with each other or with what their training began with (↔). Tables and lines compare "
        + "layers of the same name; heat maps each layer with each. CKA and SVCCA are shown separately for each way of pooling "
        + "activations. Means with 95 % intervals over the networks (pairs that share one: by the jackknife)."
    )
    for measure in LayerMeasure.all {
      for pool in measure.readsActivations ? pools : [PooledComparisons(networks)] {
        for (layers, own) in pool.groups.byLayers {
          let series = own.enumerated().compactMap { index, group in
            measure.series(group, layers, found, SeriesStyle.cycle(index))
          }
          guard !series.isEmpty else { continue }
          let title = measure.title + pool.remark
          section.tables.append(
            AnalysisSection.Table(
              title: title, heading: ["networks"] + layers,
              rows: series.map { one in
                [one.label]
                  + layers.indices.map { layer in
                    one.points.first { $0.x == Double(layer + 1) }?.estimate?
                      .text(decimals: measure.decimals) ?? ""
                  }
              }))
          let plot = LayerPlot(
            name: "layers-\(measure.key)", title: "\(title), by layer", layers: layers,
            series: PlotSeries.dodged(series, room: 24), xTitle: "layer", yTitle: title,
            text: { fixed($0, decimals: measure.decimals) },
            caption: "\(measure.title), of layers of the same name.\(pool.words)",
            limit: measure.limit)
          if let figure = plot.figure { section.figures.append(figure) }
        }
      }
    }
    for pool in pools {
      for group in pool.groups {
        let own = group.trained.compactMap { compared[$0.name] ?? nil }
        section.figures += LayerMatrixFigure.all(
          of: own, name: Figure.fileName(group.label),
          title: own.count > 1 ? "\(group.label), mean of \(own.count)" : group.label,
          sides: group.sides, pooling: pool.pooling)
      }
    }
    section.figures = Figure.uniquelyNamed(section.figures)
    section.files = ["comparisons.csv": comparisonsTable(results)]
    return section
  }
}

extension ActivationPooling {
  /// `nil` for records without one.
  fileprivate init?(of record: StageRecord) {
    guard let name = record.settings["pool"]?.asString else { return nil }
    self.init(rawValue: name)
  }

  /// A sentence at the end of captions.
  fileprivate var words: String {
    switch self {
    case .average: " Of maps, the means over their places are compared (pool: average)."
    case .max: " Of maps, the largest values over their places are compared (pool: max)."
    case .none: " Of maps, every value is compared (pool: none)."
    }
  }
}

/// Comparisons of activations that were pooled in the same way.
private struct PooledComparisons {
  var pooling: ActivationPooling?
  var groups: [AnalysedGroup]

  /// - Parameter networks: comparisons that do not depend on pooling, or have the same.
  init(_ networks: [AnalysedNetwork], _ pooling: ActivationPooling? = nil) {
    self.pooling = pooling
    groups = AnalysedGroup.groups(of: networks)
  }

  /// In the order of their first comparisons.
  static func all(_ networks: [AnalysedNetwork]) -> [PooledComparisons] {
    var poolings: [ActivationPooling?] = []
    for network in networks {
      let pooling = ActivationPooling(of: network.artifact.record)
      if !poolings.contains(pooling) { poolings.append(pooling) }
    }
    return poolings.map { pooling in
      PooledComparisons(
        networks.filter { ActivationPooling(of: $0.artifact.record) == pooling }, pooling)
    }
  }

  /// The end of a title.
  var remark: String { pooling.map { " (pool: \($0.rawValue))" } ?? "" }
  /// The end of a caption.
  var words: String { pooling?.words ?? "" }
}

/// A number that compares layers of the same name.
private struct LayerMeasure {
  var key: String
  var title: String
  var decimals: Int
  /// What it can be; intervals end there.
  var range: ClosedRange<Double>
  /// What is far larger than this is not drawn to scale.
  var limit: Double?
  var readsActivations = false
  var value: @Sendable (ComparisonResult.Layer) -> Double?

  static let all = [
    // Its unbiased estimates may be below zero.
    LayerMeasure(key: "cka", title: "CKA", decimals: 3, range: -1...1, readsActivations: true) {
      $0.cka
    },
    LayerMeasure(key: "svcca", title: "SVCCA", decimals: 3, range: 0...1, readsActivations: true) {
      $0.svcca
    },
    // Re-initialized weights are as far away as zero, or farther.
    LayerMeasure(
      key: "distance", title: "distance of weights, % of their length", decimals: 1,
      range: 0...Double.greatestFiniteMagnitude, limit: 100
    ) { $0.relative.map { 100 * $0 } },
    LayerMeasure(key: "cosine", title: "cosine between weights", decimals: 3, range: -1...1) {
      $0.cosine
    },
  ]

  /// `nil` if no network of the group has a number.
  func series(
    _ group: AnalysedGroup, _ layers: [String], _ results: [String: ComparisonResult],
    _ style: SeriesStyle
  ) -> PlotSeries? {
    let points = layers.enumerated().compactMap { index, layer -> PlotSeries.Point? in
      func number(_ member: AnalysedNetwork) -> Double? {
        results[member.name]?.layers.first { $0.name == layer }.flatMap(value)
      }
      return group.estimate(in: range, number).map { estimate in
        PlotSeries.Point(
          x: Double(index + 1),
          values: group.trained.compactMap { member in
            number(member).map { PlotSeries.Value(member.name, $0) }
          }, estimate: estimate)
      }
    }
    return points.isEmpty ? nil : PlotSeries(label: group.title, style: style, points: points)
  }
}

/// A line for each comparison and layer that both networks have.
private func comparisonsTable(_ results: [(AnalysedNetwork, ComparisonResult)]) -> String {
  var rows = [
    AnalysedNetwork.pairColumnNames + [
      "layer", "n", "cka", "svcca", "distance", "cosine", "images",
    ]
  ]
  for (network, result) in results {
    for layer in result.layers {
      rows.append(
        network.pairColumns
          + [layer.name, network.depth(of: layer.name).map { "\($0)" } ?? ""]
          + [layer.cka, layer.svcca, layer.relative, layer.cosine].map { $0.map { "\($0)" } ?? "" }
          + [result.images.map { "\($0)" } ?? ""])
    }
  }
  return csvText(rows)
}

/// A heat map: each layer of one network with each of another.
private struct LayerMatrixFigure {
  let name: String
  let title: String
  let measure: String
  let rows: [String]
  let columns: [String]
  let values: [[Double?]]
  let images: Int
  let sides: (String, String)
  let pooling: ActivationPooling?

  /// The means of comparisons of the same layers, for each measure that all have.
  ///
  /// - Parameter sides: what the rows belong to, and the columns.
  static func all(
    of results: [Comparison], name: String, title: String, sides: (String, String),
    pooling: ActivationPooling?
  ) -> [Figure] {
    guard let first = results.first,
      results.allSatisfy({ $0.first == first.first && $0.second == first.second })
    else { return [] }
    let measures: [(String, String, (Comparison) -> [[Double?]]?)] = [
      ("cka", "CKA", \.cka), ("svcca", "SVCCA", \.svcca),
    ]
    return measures.compactMap { key, measure, matrix in
      let matrices = results.compactMap(matrix)
      guard matrices.count == results.count else { return nil }
      let means = first.first.indices.map { row in
        first.second.indices.map { column -> Double? in
          let values = matrices.compactMap { $0[row][column] }
          return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
      }
      return LayerMatrixFigure(
        name: "\(key)-\(name)",
        title: "\(measure) of \(title)" + (pooling.map { " (pool: \($0.rawValue))" } ?? ""),
        measure: measure,
        rows: first.first, columns: first.second, values: means, images: first.images ?? 0,
        sides: sides, pooling: pooling
      ).figure
    }
  }

  var figure: Figure {
    let count = max(rows.count, columns.count)
    let size = count > 16 ? 10.0 : 11.0
    func room(_ names: [String]) -> Double {
      min(names.map { TextMetrics.width(of: printable($0), size: size) }.max() ?? 0, 90)
    }
    let left = room(rows) + 28, top = room(columns) + 28
    let cell = min(44, (Drawing.columnWidth - left - 6) / Double(max(columns.count, 1)))
    let (width, height) = (cell * Double(columns.count), cell * Double(rows.count))
    let side = TextMetrics.shortened(
      printable(sides.0), toWidth: max(height, 90), size: Drawing.textSize)
    let length = TextMetrics.width(of: side, size: Drawing.textSize)
    var drawing = Drawing(
      height: max(top + height + 8, length + 8), title: title, summary: summary)
    drawing.text(
      TextMetrics.shortened(
        printable(sides.1), toWidth: Drawing.columnWidth - left, size: Drawing.textSize),
      x: left, y: 10)
    // Beside the rows, or above them where these are few.
    drawing.risingText(
      side, x: 10, y: min(top + height / 2, drawing.height - length / 2 - 4), anchor: .middle)
    // Cells of the same shade are one mark.
    var shades: [Int: [Box]] = [:]
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() {
        guard let value, value > 0 else { continue }
        let shade = min(20, max(1, Int((value * 20).rounded(.up))))
        shades[shade, default: []].append(box(row, column, left, top, cell))
      }
    }
    for (shade, boxes) in shades.sorted(by: { $0.key < $1.key }) {
      drawing.cells(boxes, .blue, opacity: Double(shade) / 20)
    }
    let isRuled = count <= 25
    for index in isRuled ? Array(0...rows.count) : [0, rows.count] {
      let y = top + Double(index) * cell
      drawing.line(from: (left, y), to: (left + width, y), .grid, width: 0.7)
    }
    for index in isRuled ? Array(0...columns.count) : [0, columns.count] {
      let x = left + Double(index) * cell
      drawing.line(from: (x, top), to: (x, top + height), .grid, width: 0.7)
    }
    // Names that would overlap are left out.
    let step = max(1, Int((size / max(cell, 0.1)).rounded(.up)))
    for index in stride(from: 0, to: rows.count, by: step) {
      drawing.text(
        TextMetrics.shortened(printable(rows[index]), toWidth: 90, size: size), x: left - 5,
        y: top + (Double(index) + 0.5) * cell, anchor: .end, size: size)
    }
    for index in stride(from: 0, to: columns.count, by: step) {
      drawing.risingText(
        TextMetrics.shortened(printable(columns[index]), toWidth: 90, size: size),
        x: left + (Double(index) + 0.5) * cell, y: top - 5, size: size)
    }
    let digits = min(size, cell / 2.4)
    if digits >= 7 {
      for (row, line) in values.enumerated() {
        for (column, value) in line.enumerated() {
          drawing.text(
            value.map { fixed($0, decimals: 2) } ?? "–",
            x: left + (Double(column) + 0.5) * cell, y: top + (Double(row) + 0.5) * cell,
            anchor: .middle, ink: (value ?? 0) > 0.55 ? .paper : .text, size: digits)
        }
      }
    }
    return Figure(name: name, drawing: drawing, caption: caption)
  }

  private func box(_ row: Int, _ column: Int, _ left: Double, _ top: Double, _ cell: Double) -> Box
  {
    Box(
      left: left + Double(column) * cell, top: top + Double(row) * cell,
      right: left + Double(column + 1) * cell, bottom: top + Double(row + 1) * cell)
  }

  private var summary: String {
    let text = zip(rows, values).prefix(12).map { name, line in
      let best = zip(columns, line).compactMap { column, value in value.map { (column, $0) } }
        .max { $0.1 < $1.1 }
      return
        "\(name) is most like \(best.map { "\($0.0) (\(fixed($0.1, decimals: 2)))" } ?? "none")"
    }
    return text.joined(separator: "; ") + "."
  }

  private var caption: String {
    var text =
      "\(measure) of the activations after each layer of \(sides.0) (rows) with those of \(sides.1) (columns), on "
      + "\(counted(images, "image")): 1 for features that are the same up to rotation and scale, 0 for unrelated ones."
      + (pooling?.words ?? "")
    if values.contains(where: { $0.contains(nil) }) {
      text += " Layers whose activations are the same for all images have none (–)."
    }
    return text
  }
}
