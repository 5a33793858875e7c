import Basics
import Results

/// The accuracy on each class, for one network or several.
package struct ClassFigure {
  package struct Network: Sendable {
    package var label: String
    package var style: SeriesStyle
    package var results: ClassResults

    package init(label: String, style: SeriesStyle, results: ClassResults) {
      self.label = label
      self.style = style
      self.results = results
    }
  }

  /// Up to this number, each class has a row; larger numbers are drawn as curves over ranks.
  private static let largestNamed = 60

  private let name: String
  private let title: String
  private let networks: [Network]
  private let remark: String

  /// - Parameters:
  ///   - networks: the first determines the order; networks with different classes are left out.
  ///   - remark: the end of the caption.
  package init(name: String, title: String, networks: [Network], remark: String = "") {
    self.name = name
    self.title = title
    self.remark = remark
    self.networks = networks.filter { $0.results.classes == networks.first?.results.classes }
  }

  /// The figure; `nil` if no image was measured.
  package var figure: Figure? {
    guard let first = networks.first, first.results.images > 0 else { return nil }
    return first.results.classes.count <= ClassFigure.largestNamed
      ? rows(of: first.results) : ranks(of: first.results)
  }

  private var legend: Legend {
    Legend(networks.map { Legend.Entry($0.label, .point($0.style)) })
  }

  /// The classes in descending order of the first network's accuracy.
  private func order(_ results: ClassResults) -> [Int] {
    results.classes.indices.sorted {
      (-(results.accuracy(of: $0) ?? -1), $0) < (-(results.accuracy(of: $1) ?? -1), $1)
    }
  }

  private func rows(of results: ClassResults) -> Figure {
    let pitch = networks.count > 2 ? 20.0 : 16.0
    let accuracies = networks.flatMap { network in
      network.results.classes.indices.compactMap { network.results.accuracy(of: $0) }
    }
    let longest =
      results.classes.map { TextMetrics.width(of: printable($0), size: Drawing.textSize) }.max()
      ?? 0
    let left = min(longest, 130) + 10
    let top = legend.height + 6
    let bottom = top + pitch * Double(results.classes.count)
    let x = Scale.linear(
      covering: accuracies.map { 100 * $0 }, from: left + 8, to: Drawing.columnWidth - 16, ticks: 5)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin, title: title, summary: summary(results))
    legend.draw(on: &drawing, top: 2)
    for tick in x.ticks {
      let position = x.position(tick.value)
      drawing.line(from: (position, top), to: (position, bottom), .grid)
      drawing.tickLabel(tick.label, x: position, y: bottom + 12)
    }
    drawing.text(
      "accuracy on the class, %", x: (left + Drawing.columnWidth) / 2, y: bottom + 29,
      anchor: .middle)
    for (row, index) in order(results).enumerated() {
      let middle = top + (Double(row) + 0.5) * pitch
      drawing.text(
        TextMetrics.shortened(
          printable(results.classes[index]), toWidth: left - 10, size: Drawing.textSize),
        x: left - 4, y: middle, anchor: .end)
      drawing.line(
        from: (left, middle), to: (Drawing.columnWidth - 8, middle), .grid, dashes: "1 3")
      for (position, network) in networks.enumerated() {
        // Marks of equal values are shifted vertically so that all are visible.
        let shift = (Double(position) - Double(networks.count - 1) / 2) * 2
        guard let accuracy = network.results.accuracy(of: index) else { continue }
        drawing.marker(
          network.style, x: x.position(100 * accuracy), y: middle + shift, radius: 3.4,
          title:
            "\(network.label), \(results.classes[index]): \(fixed(100 * accuracy, decimals: 1)) %")
      }
    }
    let count = results.images(of: 0)
    let isEven = results.classes.indices.allSatisfy { results.images(of: $0) == count }
    return Figure(
      name: "classes-" + name, drawing: drawing,
      caption: "Accuracy on the test images of each class, the best of "
        + "\(networks[0].label) first; "
        + (isEven
          ? "\(grouped(count)) images per class." : "\(grouped(results.images)) images.")
        + remarkAfterSpace)
  }

  private func ranks(of results: ClassResults) -> Figure {
    let top = legend.height + Axes.topMargin + 4
    let bottom = top + 180
    let frame = Box(left: 34, top: top, right: Drawing.columnWidth - 12, bottom: bottom)
    let count = Double(results.classes.count)
    let axes = Axes(
      frame: frame, x: .linear(0...count, from: frame.left, to: frame.right),
      y: .linear(0...100, from: bottom, to: top))
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin, title: title, summary: summary(results))
    Legend(networks.map { Legend.Entry($0.label, .line($0.style)) }).draw(on: &drawing, top: 2)
    axes.draw(
      on: &drawing, xTitle: "classes, the best first", yTitle: "accuracy on the class, %")
    for network in networks {
      let sorted = results.classes.indices.compactMap { network.results.accuracy(of: $0) }.sorted(
        by: >)
      drawing.polyline(
        sorted.enumerated().map {
          (axes.x.position(Double($0) + 0.5), axes.y.position(100 * $1))
        }, network.style.ink, width: 1.6, dashes: network.style.dashes)
    }
    let sorted = order(results)
    func names(_ indices: some Sequence<Int>) -> String {
      indices.map {
        "\(results.classes[$0]) \(results.accuracy(of: $0).map { fixed(100 * $0, decimals: 0) } ?? "–") %"
      }.joined(separator: ", ")
    }
    return Figure(
      name: "classes-" + name, drawing: drawing,
      caption:
        "Accuracy on the test images of \(results.classes.count) classes, each network's own best first. "
        + "\(networks[0].label): best \(names(sorted.prefix(5))); worst \(names(sorted.suffix(5).reversed()))."
        + remarkAfterSpace)
  }

  private var remarkAfterSpace: String { remark.isEmpty ? "" : " \(remark)" }

  private func summary(_ results: ClassResults) -> String {
    order(results).prefix(40).map { index in
      "\(results.classes[index]) "
        + (results.accuracy(of: index).map { "\(fixed(100 * $0, decimals: 1)) %" } ?? "no images")
    }.joined(separator: ", ")
  }
}
