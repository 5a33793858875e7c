import Basics
import Definitions
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Datasets

@Suite struct ShapesTests {
  private let renderer = ShapesRenderer(seed: 0)

  // MARK: - Images

  /// The digest of the first training image of every class, seed 0, as revision 2 renders it. Other
  /// bytes, on whatever machine, call for a new revision.
  @Test func goldenImagesStayAsTheyAre() {
    var hasher = ContentHasher()
    for shape in ShapeClass.allCases {
      hasher.update(renderer.render(shape, .train, number: 0).pixels)
    }
    #expect(ShapesRenderer.revision == 2)
    #expect(
      hasher.finalized().hexadecimal
        == "GOLDEN")
  }

  @Test func imagesDependOnNothingRenderedBefore() {
    let numbers = [3, 0, 1_000_000]
    let forwards = numbers.map { renderer.render(.leaf, .test, number: $0) }
    let backwards = numbers.reversed().map {
      ShapesRenderer(seed: 0).render(.leaf, .test, number: $0)
    }
    #expect(forwards == backwards.reversed())
  }

  @Test func seedSubsetClassAndNumberEachChangeTheImage() {
    let images = [
      renderer.render(.gear, .train, number: 0), renderer.render(.gear, .train, number: 1),
      renderer.render(.gear, .test, number: 0), renderer.render(.truck, .train, number: 0),
      ShapesRenderer(seed: 1).render(.gear, .train, number: 0),
    ]
    #expect(Set(images).count == images.count)
  }

  @Test func trainingAndTestImagesAreDifferentOnes() {
    for shape in ShapeClass.allCases {
      let train = Set((0..<40).map { renderer.render(shape, .train, number: $0) })
      let test = Set((0..<40).map { renderer.render(shape, .test, number: $0) })
      #expect(train.count == 40 && test.count == 40)
      #expect(train.isDisjoint(with: test))
    }
  }

  @Test(arguments: ShapeClass.allCases) func everyClassStandsOutFromItsGround(_ shape: ShapeClass) {
    for number in 0..<60 {
      let image = renderer.render(shape, .train, number: number)
      #expect(image.height == 32 && image.width == 32 && image.channels == 3)
      let luma = image.converted(toChannels: 1).pixels.map(Double.init).sorted()
      // The lightest fiftieth, at least a piece of the object, against the median.
      let contrast = luma[luma.count * 49 / 50] - luma[luma.count / 4]
      #expect(contrast > 20, "\(shape.rawValue) \(number)")
      #expect(Set(image.pixels).count > 30, "\(shape.rawValue) \(number)")
    }
  }

  /// Hues are drawn alike for all classes, so every class has the same mean hue: none.
  @Test(arguments: ShapeClass.allCases) func huesSayNothingAboutTheClass(_ shape: ShapeClass) {
    var sums = [0.0, 0.0, 0.0]
    let count = 150
    for number in 0..<count {
      let pixels = renderer.render(shape, .train, number: number).pixels
      for (index, pixel) in pixels.enumerated() { sums[index % 3] += Double(pixel) }
    }
    let means = sums.map { $0 / Double(count * 32 * 32) }
    #expect(means.max()! - means.min()! < 8, "\(means)")
  }

  // MARK: - Classes

  @Test func familiesPartitionTheClasses() {
    let manMade = ShapeClass.names(of: .manMade)
    let natural = ShapeClass.names(of: .natural)
    #expect(manMade == ["gear", "house", "ladder", "truck", "window"])
    #expect(natural == ["branch", "flower", "leaf", "snake", "starfish"])
    #expect((manMade + natural).sorted() == ShapeClass.allCases.map(\.rawValue))
  }

  @Test func classesAreInTheOrderOfEveryDataset() {
    let names = ShapeClass.allCases.map(\.rawValue)
    #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  // MARK: - Packing

  @Test func packingRendersSoManyImagesAClass() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending("packed")
      let definition = DatasetDefinition(source: .shapes(seed: 7, train: 3, test: 2))
      let summary = try definition.pack(into: file, threads: 2)
      #expect(summary.classes == ShapeClass.allCases.map(\.rawValue))
      #expect(summary.trainCounts == Array(repeating: 3, count: 10))
      #expect(summary.testCounts == Array(repeating: 2, count: 10))
      #expect(summary.channels == 3 && summary.height == 32 && summary.width == 32)
      #expect(summary.skipped.isEmpty)

      let dataset = try PackedDataset(file)
      #expect(dataset.count(of: .train) == 30 && dataset.count(of: .test) == 20)
      let snakes = try dataset.examples(.test, classes: ["snake"])
      let expected = ShapesRenderer(seed: 7).render(.snake, .test, number: 1)
      #expect(snakes.count == 2)
      #expect(Array(dataset.pixels(of: snakes.images[1])) == expected.pixels)
    }
  }

  @Test func packedBytesDoNotDependOnThreads() throws {
    try withTemporaryFolder { folder in
      let definition = DatasetDefinition(source: .shapes(seed: 0, train: 9, test: 4))
      let digests = try [1, 2, 5].map { threads in
        let file = folder.appending("packed-\(threads)")
        _ = try definition.pack(into: file, threads: threads)
        return try LocalFileSystem().digest(of: file)
      }
      #expect(digests[0] == digests[1] && digests[0] == digests[2])
    }
  }

  // MARK: - Painting

  @Test func unitVectorsAgreeWithTheLibrary() {
    for step in -300...300 {
      let turns = Double(step) / 97
      let vector = unitVector(turns: turns)
      #expect(abs(vector.x - cos(2 * .pi * turns)) < 1e-9)
      #expect(abs(vector.y - sin(2 * .pi * turns)) < 1e-9)
    }
  }

  @Test func edgesCoverPixelsInPart() {
    var canvas = ShapesCanvas(side: 8)
    canvas.fill([rectangle(2.25, 1.25, 5.5, 4)]) { _ in Color(red: 1, green: 0.5, blue: 0) }
    let across = [0, 0, 0.75, 1, 1, 0.5, 0, 0]
    let down = [0, 0.75, 1, 1, 0, 0, 0, 0]
    for y in 0..<8 {
      for x in 0..<8 {
        let share = across[x] * down[y]
        #expect(abs(canvas.pixels[(y * 8 + x) * 3] - share) < 1e-12)
        #expect(abs(canvas.pixels[(y * 8 + x) * 3 + 1] - share / 2) < 1e-12)
        #expect(canvas.pixels[(y * 8 + x) * 3 + 2] == 0)
      }
    }
  }

  @Test func contoursTheOtherWayRoundCutHoles() {
    var canvas = ShapesCanvas(side: 8)
    let hole = Array(rectangle(3, 3, 5, 5).reversed())
    canvas.fill([rectangle(1, 1, 7, 7), hole]) { _ in Color(red: 1, green: 1, blue: 1) }
    #expect(canvas.pixels[(2 * 8 + 2) * 3] == 1)
    #expect(canvas.pixels[(4 * 8 + 4) * 3] == 0)
  }

  @Test func whatReachesBeyondTheCanvasIsCutOff() {
    var canvas = ShapesCanvas(side: 4)
    canvas.fill([rectangle(-9, -9, 99, 99)]) { _ in Color(red: 1, green: 1, blue: 1) }
    canvas.fill([rectangle(-9, 9, -5, 99)]) { _ in Color(red: 0, green: 0, blue: 0) }
    #expect(canvas.pixels.allSatisfy { $0 == 1 })
  }
}
