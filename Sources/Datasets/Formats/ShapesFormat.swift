import Basics
import Definitions

/// The built-in dataset, rendered from a seed.
struct ShapesFormat: DatasetFormat {
  let seed: UInt64
  /// Images per class.
  let train: Int
  let test: Int

  init?(_ place: DatasetPlace, of definition: DatasetDefinition, unless stop: StopCheck) {
    guard case .shapes(let seed, let train, let test) = place else { return nil }
    self.seed = seed
    self.train = train
    self.test = test
  }

  /// The digest is over the parameters of the images.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) -> Inspection {
    let facts: Value = [
      "shapes": .integer(ShapesRenderer.revision),
      "seed": .integer(Int(truncatingIfNeeded: seed)),
      "train": .integer(train), "test": .integer(test),
    ]
    let classes = ShapeClass.allCases.map(\.rawValue)
    return (
      SourceStamp(over: facts),
      DatasetSummary(
        digest: facts.fingerprint, classes: classes, trainCounts: classes.map { _ in train },
        testCounts: classes.map { _ in test }, headers: HeaderSurvey(),
        imageSize: .of(.init(height: ShapesRenderer.side, width: ShapesRenderer.side)))
    )
  }

  func open(unless stop: StopCheck) -> any PackingInput { ShapesInput(self) }
}

/// The images of the built-in dataset, in their natural order.
private struct ShapesInput: PackingInput {
  let index: DatasetIndex
  private let shapes: ShapesFormat
  private let renderer: ShapesRenderer
  private var position = 0

  init(_ shapes: ShapesFormat) {
    self.shapes = shapes
    renderer = ShapesRenderer(seed: shapes.seed)
    index = DatasetIndex(
      classes: ShapeClass.allCases.map { shape in
        DatasetIndex.ClassFiles(
          name: shape.rawValue,
          train: (0..<shapes.train).map { "train/\(shape.rawValue)/\($0)" },
          test: (0..<shapes.test).map { "test/\(shape.rawValue)/\($0)" })
      })
  }

  mutating func next(count: Int, bytes: Int) -> [PackingItem] {
    let classes = ShapeClass.allCases
    let allTrain = classes.count * shapes.train
    let end = min(position + count, allTrain + classes.count * shapes.test)
    defer { position = end }
    return (position..<end).map { position in
      let subset: Subset = position < allTrain ? .train : .test
      let place = subset == .train ? position : position - allTrain
      let (label, number) = place.quotientAndRemainder(
        dividingBy: subset == .train ? shapes.train : shapes.test)
      let shape = classes[label]
      return PackingItem(
        positions: [position], name: "\(subset.rawValue)/\(shape.rawValue)/\(number)",
        content: .pixels { [renderer] in renderer.render(shape, subset, number: number) })
    }
  }
}
