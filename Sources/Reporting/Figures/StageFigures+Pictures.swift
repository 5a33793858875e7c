import Basics
import Results

extension StageFigures {
  /// For each layer, a sheet of what activates its units, and its images in the plane of largest variance.
  package static let pictures = StageFigures([.pictures]) { stage throws(DiagnosticError) in
    guard let pictures = try stage.artifact.result(LayerPictures.self, from: stage.fileSystem)
    else { return [] }
    return pictures.layers.flatMap { layer in
      [
        ExemplarSheet(layer, stage: stage.name).figure("\(stage.fileName)-units"),
        ComponentFigure(layer, classes: pictures.classes, stage: stage.name)
          .figure("\(stage.fileName)-components"),
      ].compactMap { $0 }
    }
  }
}

extension [LayerPictures.Exemplar] {
  /// Whether even the strongest activation is zero, as of a rectified unit that is never active.
  fileprivate var isNeverActive: Bool { first?.activation == 0 }
}

/// The images that activate each unit of a layer, a row for each unit.
private struct ExemplarSheet {
  private let layer: LayerPictures.Layer
  private let stage: String
  /// The largest picture, in pixels.
  private let width: Int
  private let height: Int
  private let columns: Int

  private static let labelWidth = 42.0

  init(_ layer: LayerPictures.Layer, stage: String) {
    self.layer = layer
    self.stage = stage
    let all = layer.units.joined()
    width = all.map(\.width).max() ?? 0
    height = all.map(\.height).max() ?? 0
    columns = layer.units.map(\.count).max() ?? 0
  }

  func figure(_ name: String) -> Figure? {
    guard width > 0, columns > 0, let picture = picture.dataURI else { return nil }
    let room = Drawing.columnWidth - ExemplarSheet.labelWidth - 6
    // Tiny pictures are enlarged until their labels do not overlap.
    let scale = min(
      room / Double(columns * (width + 1)), max(4, (Drawing.textSize + 3) / Double(height + 1)))
    let rowHeight = Double(height + 1) * scale
    let top = 8.0
    var drawing = Drawing(
      height: top + rowHeight * Double(layer.units.count) + 8,
      title: "What activates the units of \(layer.name): \(stage)",
      summary: layer.units.enumerated().map { index, exemplars in
        exemplars.isNeverActive
          ? "Unit \(index + 1) is never active."
          : "Unit \(index + 1): \(exemplars.prefix(3).map(\.image).joined(separator: ", "))."
      }.joined(separator: " "))
    drawing.image(
      picture,
      in: Box(
        left: ExemplarSheet.labelWidth, top: top,
        right: ExemplarSheet.labelWidth + Double(columns * (width + 1)) * scale,
        bottom: top + rowHeight * Double(layer.units.count)))
    for index in layer.units.indices {
      let y = top + (Double(index) + 0.5) * rowHeight
      drawing.text("unit \(index + 1)", x: 2, y: y)
      if layer.units[index].isNeverActive {
        drawing.text("never active", x: ExemplarSheet.labelWidth + 4, y: y, ink: .paper)
      }
    }
    return Figure(
      name: "\(name)-\(Figure.fileName(layer.name))", drawing: drawing,
      caption:
        "Each row has the images that most activate a unit, the strongest first, cut to the unit's receptive field where it is most "
        + "active; at the edges of an image, it is smaller."
        + (layer.units.contains(where: \.isNeverActive)
          ? " Units without images are zero everywhere on all of them." : ""))
  }

  private var picture: PNGImage {
    var sheet = PNGImage(
      width: columns * (width + 1), height: layer.units.count * (height + 1),
      filledWith: (128, 128, 128))
    for (row, exemplars) in layer.units.enumerated() where !exemplars.isNeverActive {
      for (column, exemplar) in exemplars.enumerated() {
        for y in 0..<exemplar.height {
          for x in 0..<exemplar.width {
            let start = 3 * (y * exemplar.width + x)
            sheet[x: column * (width + 1) + x, y: row * (height + 1) + y] = (
              exemplar.pixels[start], exemplar.pixels[start + 1], exemplar.pixels[start + 2]
            )
          }
        }
      }
    }
    return sheet
  }
}

/// Images along the first two principal components of a layer's activations.
private struct ComponentFigure {
  private let layer: LayerPictures.Layer
  private let classes: [String]
  private let stage: String

  /// More classes could not be distinguished.
  private static let mostClasses = 10

  init(_ layer: LayerPictures.Layer, classes: [String], stage: String) {
    self.layer = layer
    self.classes = classes
    self.stage = stage
  }

  func figure(_ name: String) -> Figure? {
    guard !layer.places.isEmpty, layer.shares.count == 2 else { return nil }
    let shown = classes.prefix(ComponentFigure.mostClasses)
    let styles = shown.indices.map { SeriesStyle.cycle($0) }
    let legend = Legend(zip(shown, styles).map { Legend.Entry($0, .point($1)) })
    let top = legend.height + Axes.topMargin + 4
    let bottom = top + 300
    let y = Scale.linear(covering: layer.places.map(\.y), from: bottom, to: top)
    let frame = Box(
      left: max(Axes.leftMargin(for: y), 34), top: top, right: Drawing.columnWidth - 6,
      bottom: bottom)
    let axes = Axes(
      frame: frame,
      x: .linear(covering: layer.places.map(\.x), from: frame.left, to: frame.right), y: y)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin,
      title: "Images by the activations of \(layer.name): \(stage)",
      summary: "\(layer.places.count) images along two principal components.")
    legend.draw(on: &drawing, top: 2)
    axes.draw(
      on: &drawing,
      xTitle:
        "first principal component, \(fixed(100 * layer.shares[0], decimals: 1)) % of the variance",
      yTitle: "second, \(fixed(100 * layer.shares[1], decimals: 1)) %")
    for place in layer.places where place.label < shown.count {
      drawing.marker(
        styles[place.label], x: axes.x.position(place.x), y: axes.y.position(place.y), radius: 2,
        opacity: 0.6)
    }
    let left = classes.count - shown.count
    return Figure(
      name: "\(name)-\(Figure.fileName(layer.name))", drawing: drawing,
      caption: "Each mark is an image\(left > 0 ? "; \(left) classes are left out" : "").")
  }
}
