import Basics
import Definitions

/// Training images as a network reads them: a row for each class, and below it the same images augmented.
package struct ContactSheetFigure {
  private let sheet: ContactSheet
  private let network: String?
  private let normalization: Normalization

  /// - Parameters:
  ///   - network: the name of the network; `nil` for whole images.
  ///   - normalization: what is undone.
  package init(_ sheet: ContactSheet, network: String?, normalization: Normalization) {
    self.sheet = sheet
    self.network = network
    self.normalization = normalization
  }

  private enum Layout {
    static let label = 130.0
    static let gap = 3.0
    static let rowGap = 9.0
    static let top = 6.0
    /// The longer side of an image.
    static let cell = 76.0
  }

  package var figure: Figure {
    let columns = sheet.rows.map(\.plain.count).max() ?? 0
    let longer = Double(max(sheet.input.height, sheet.input.width, 1))
    let height = Layout.cell * Double(sheet.input.height) / longer
    let width = Layout.cell * Double(sheet.input.width) / longer
    let lines = sheet.rows.reduce(0) { $0 + ($1.augmented.isEmpty ? 1 : 2) }
    var drawing = Drawing(
      width: Layout.label + Double(columns) * (width + Layout.gap) + Layout.gap,
      height: 2 * Layout.top + Double(lines) * (height + Layout.gap)
        + Double(sheet.rows.count) * Layout.rowGap, title: "Contact sheet", summary: caption)
    var top = Layout.top
    for row in sheet.rows {
      for (images, kind) in [(row.plain, "in evaluation"), (row.augmented, "in training")]
      where !images.isEmpty {
        let middle = top + height / 2
        drawing.text(
          kind == "in evaluation" ? fitting(row.name) : "augmented", x: 4, y: middle,
          ink: kind == "in evaluation" ? .text : .faint)
        for (column, image) in images.enumerated() {
          let left = Layout.label + Double(column) * (width + Layout.gap)
          guard let uri = PNGImage(image).dataURI else { continue }
          drawing.image(
            uri, in: Box(left: left, top: top, right: left + width, bottom: top + height))
        }
        top += height + Layout.gap
      }
      top += Layout.rowGap
    }
    return Figure(name: "contact-sheet", drawing: drawing, caption: caption)
  }

  /// A name that fits the column of labels.
  private func fitting(_ name: String) -> String {
    guard TextMetrics.width(of: name, size: Drawing.textSize) > Layout.label - 10 else {
      return name
    }
    var shorter = name
    while !shorter.isEmpty,
      TextMetrics.width(of: shorter + "…", size: Drawing.textSize) > Layout.label - 10
    {
      shorter.removeLast()
    }
    return shorter + "…"
  }

  private var caption: String {
    let shown =
      sheet.rows.count < sheet.classes
      ? "\(sheet.rows.count) of \(counted(sheet.classes, "class", plural: "classes"))"
      : counted(sheet.classes, "class", plural: "classes")
    let reader =
      network.map { "network '\($0)' reads them, \(sheet.input)" }
      ?? "they are packed, \(sheet.input)"
    var text = "Training images of \(shown) as \(reader)"
    text +=
      sheet.rows.contains { !$0.augmented.isEmpty }
      ? ": as in evaluation and, below, augmented as in one epoch of training." : "."
    switch normalization {
    case .fixed:
      return text
        + " 'normalize' is undone: pixels have their values 0…255. What the network reads as zero (padding, what is"
        + " cut out) has the color of the mean that 'normalize' gives."
    case .centered(.none, _):
      return text + " The scale is undone: pixels have their values 0…255."
    case .centered, .given:
      return text
        + " The mean is added back and the scale undone: pixels have their values 0…255. What the network reads as zero"
        + " (padding, what is cut out) has the mean color."
    }
  }
}
