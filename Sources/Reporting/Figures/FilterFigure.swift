import Basics
import Glibc

/// First-layer filters as a grid of images: those of a network, of another network, and their difference.
package struct FilterFigure {
  package struct Panel: Sendable {
    package var label: String
    package var bank: FilterBank
    /// What it is, for the caption.
    package var note: String?
    /// Whether all filters share a scale.
    fileprivate var isJoint = false

    package init(label: String, bank: FilterBank, note: String? = nil) {
      self.label = label
      self.bank = bank
      self.note = note
    }
  }

  private let name: String
  private let title: String
  private let layer: String
  private let first: Panel
  private let second: Panel?

  /// At most this number of filters is drawn.
  package static let limit = 256

  package init(name: String, title: String, layer: String, _ first: Panel, and second: Panel? = nil)
  {
    self.name = name
    self.title = title
    self.layer = layer
    self.first = first
    self.second = second
  }

  private enum Layout {
    static let gap = 12.0
    static let lineHeight = 16.0
    /// The most lines of a heading.
    static let lines = 3
    /// Pixels between filters.
    static let margin = 1
  }

  /// `nil` if there is not enough memory for the images.
  package var figure: Figure? {
    var panels = [first]
    var hasChange = false
    if let second {
      panels.append(second)
      if let change = second.bank.minus(first.bank) {
        var panel = Panel(label: "change", bank: change)
        panel.isJoint = true
        panels.append(panel)
        hasChange = true
      }
    }
    let gaps = Layout.gap * Double(panels.count - 1)
    let width =
      panels.count == 1 ? 240.0 : (Drawing.columnWidth - 8 - gaps) / Double(panels.count)
    let grids = panels.map { Grid($0.bank) }
    let headings = panels.map {
      TextMetrics.wrapped(
        printable($0.label), toWidth: width, size: Drawing.textSize, lines: Layout.lines)
    }
    let top = Layout.lineHeight * Double(headings.map(\.count).max() ?? 1) + 4
    let pictureHeight = grids.map { width * Double($0.height) / Double($0.width) }.max() ?? width
    var drawing = Drawing(
      height: top + pictureHeight + 6, title: title,
      summary: "\(first.bank.count) filters of \(first.bank.channels) channels, "
        + "\(first.bank.height) by \(first.bank.width) weights each.")
    for (index, panel) in panels.enumerated() {
      let left = 4 + Double(index) * (width + Layout.gap)
      let isAbridged = headings[index].last?.contains("…") ?? false
      for (line, text) in headings[index].enumerated() {
        drawing.text(
          text, x: left, y: (Double(line) + 0.5) * Layout.lineHeight + 1,
          title: isAbridged ? panel.label : nil)
      }
      let height = width * Double(grids[index].height) / Double(grids[index].width)
      guard let picture = grids[index].picture(jointly: panel.isJoint).dataURI else { return nil }
      drawing.image(
        picture,
        in: Box(
          left: left, top: top, right: left + width, bottom: top + height))
    }
    return Figure(name: name, drawing: drawing, caption: caption(hasChange: hasChange, panels))
  }

  private func caption(hasChange: Bool, _ panels: [Panel]) -> String {
    let bank = first.bank
    var text =
      "The \(bank.count) filters of \(layer), \(bank.width) × \(bank.height) weights"
    text +=
      bank.channels == 3
      ? " in red, green and blue."
      : bank.channels == 1 ? " in grey." : ", the mean of \(bank.channels) channels in grey."
    text +=
      " Each filter has its own scale: zero is mid-grey, and the weight of largest magnitude is black or white."
    if hasChange, let change = panels.last?.bank {
      text +=
        " The change is drawn at one scale for all filters; the root mean square of the changes is "
        + "\(FilterFigure.percent(FilterFigure.ratio(change, to: bank))) % of that of the weights."
    }
    let words = panels.map { $0.label + ($0.note.map { ", \($0)" } ?? "") }
    text += " Panels: \(words.joined(separator: "; "))."
    if bank.count > FilterFigure.limit {
      text += " The first \(FilterFigure.limit) are shown."
    }
    return text
  }

  /// With two digits at least: fine-tuning at a low rate changes filters by a thousandth.
  private static func percent(_ ratio: Double) -> String {
    let percent = 100 * ratio
    var decimals = 1
    while decimals < 6, percent > 0, percent < pow(10.0, Double(1 - decimals)) { decimals += 1 }
    return fixed(percent, decimals: decimals)
  }

  /// The ratio of root mean squares; 0 if all weights are zero.
  private static func ratio(_ change: FilterBank, to bank: FilterBank) -> Double {
    func power(_ bank: FilterBank) -> Double {
      bank.values.reduce(0) { $0 + Double($1) * Double($1) }
    }
    let whole = power(bank)
    return whole > 0 ? (power(change) / whole).squareRoot() : 0
  }

  /// The image of a bank, one pixel per weight.
  private struct Grid {
    let bank: FilterBank
    let columns: Int
    let rows: Int

    init(_ bank: FilterBank) {
      self.bank = bank
      let count = min(bank.count, FilterFigure.limit)
      var columns = 1
      while columns * columns < count { columns += 1 }
      self.columns = columns
      rows = (count + columns - 1) / columns
    }

    var width: Int { columns * (bank.width + Layout.margin) + Layout.margin }
    var height: Int { rows * (bank.height + Layout.margin) + Layout.margin }

    /// - Parameter jointly: whether all filters share a scale.
    func picture(jointly: Bool) -> PNGImage {
      // The space between filters is slightly darker than the mid-grey of zero.
      var image = PNGImage(width: width, height: height, filledWith: (92, 92, 92))
      let size = bank.channels * bank.height * bank.width
      let all = jointly ? largest(in: bank.values[...]) : 0
      for filter in 0..<min(bank.count, FilterFigure.limit) {
        let own = bank.values[filter * size..<(filter + 1) * size]
        let scale = jointly ? all : largest(in: own)
        let left = filter % columns * (bank.width + Layout.margin) + Layout.margin
        let top = filter / columns * (bank.height + Layout.margin) + Layout.margin
        for y in 0..<bank.height {
          for x in 0..<bank.width {
            let levels = (0..<bank.channels).map { channel in
              let value = bank.value(filter: filter, channel: channel, y: y, x: x)
              return scale > 0 && value.isFinite ? value / scale : 0
            }
            image[x: left + x, y: top + y] = color(levels)
          }
        }
      }
      return image
    }

    private func largest(in values: ArraySlice<Float>) -> Float {
      values.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
    }

    private func color(_ levels: [Float]) -> (UInt8, UInt8, UInt8) {
      func byte(_ level: Float) -> UInt8 {
        UInt8((127.5 + 127.5 * max(-1, min(1, level))).rounded())
      }
      if levels.count == 3 { return (byte(levels[0]), byte(levels[1]), byte(levels[2])) }
      let grey = byte(levels.reduce(0, +) / Float(levels.count))
      return (grey, grey, grey)
    }
  }
}
