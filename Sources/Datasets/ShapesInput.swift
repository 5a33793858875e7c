import Definitions

/// The built-in dataset as a source of images.
struct ShapesInput: PackingInput {
  let index: DatasetIndex
  private let trainCount: Int
  private let testCount: Int
  private var position = 0

  /// - Parameters:
  ///   - train: training images a class.
  ///   - test: test images a class.
  init(train: Int, test: Int) {
    trainCount = train
    testCount = test
    index = DatasetIndex(
      classes: ShapeClass.allCases.map { shape in
        DatasetIndex.ClassFiles(
          name: shape.rawValue,
          train: (0..<train).map { "train/\(shape.rawValue)/\($0)" },
          test: (0..<test).map { "test/\(shape.rawValue)/\($0)" })
      })
  }

  mutating func next(count: Int, bytes: Int) -> [PackingItem] {
    let classes = ShapeClass.allCases
    let allTrain = classes.count * trainCount
    let end = min(position + count, allTrain + classes.count * testCount)
    defer { position = end }
    return (position..<end).map { position in
      let isTest = position >= allTrain
      let place = isTest ? position - allTrain : position
      let (shape, number) = place.quotientAndRemainder(dividingBy: isTest ? testCount : trainCount)
      let name = classes[shape].rawValue
      return PackingItem(
        positions: [position], name: "\(isTest ? "test" : "train")/\(name)/\(number)",
        content: .shape(classes[shape], number: number, test: isTest))
    }
  }
}
