import Basics
import Datasets
import Definitions
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct ShapesTests {
  // MARK: - Images

  /// The digest of the first training image of every class, seed 0. Different bytes, on any machine, require a new
  /// `ShapesRenderer.revision`.
  @Test func goldenImagesStayAsTheyAre() throws {
    var hasher = ContentHasher()
    let images = try Self.render(train: 1, test: 1).train
    for shape in ShapeClass.allCases { hasher.update(images[shape.rawValue]![0]) }
    #expect(
      hasher.finalized().hexadecimal
        == "4f66de1f5618179ce887609bc9861f2eff531248b702625eab9fe0d7243df5d4")
  }

  @Test func imagesDoNotDependOnHowManyThereAre() throws {
    let few = try Self.render(train: 2, test: 1)
    let many = try Self.render(train: 5, test: 3)
    for name in ShapeClass.allCases.map(\.rawValue) {
      #expect(few.train[name]! == Array(many.train[name]!.prefix(2)))
      #expect(few.test[name]! == Array(many.test[name]!.prefix(1)))
    }
  }

  @Test func seedsClassesSubsetsAndNumbersGiveDifferentImages() throws {
    let first = try Self.render(seed: 0, train: 10, test: 10)
    let second = try Self.render(seed: 1, train: 10, test: 10)
    let images = [first.train, first.test, second.train, second.test].flatMap {
      $0.values.flatMap { $0 }
    }
    #expect(images.count == 400)
    #expect(Set(images).count == 400)
  }

  @Test func everyClassStandsOutFromItsGround() throws {
    let images = try Self.render(train: 60, test: 1).train
    for (name, images) in images {
      for (number, image) in images.enumerated() {
        let luma = Self.sortedLuma(image)
        // The brightest fiftieth of the image is part of the object, the darker half mostly background.
        #expect(luma[luma.count * 49 / 50] - luma[luma.count / 4] > 25, "\(name) \(number)")
        #expect(Set(image).count > 60, "\(name) \(number)")
      }
    }
  }

  /// Hues have the same distribution for all classes, so the mean colours of the classes are all grey.
  @Test func huesSayNothingAboutTheClass() throws {
    for (name, images) in try Self.render(train: 150, test: 1).train {
      var sums = [0, 0, 0]
      for image in images {
        for (index, value) in image.enumerated() { sums[index % 3] += Int(value) }
      }
      let means = sums.map { Double($0) / Double(images.count * 32 * 32) }
      #expect(means.max()! - means.min()! < 6, "\(name): \(means)")
    }
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
      let summary = try definition.pack(into: file, threads: 2).summary
      #expect(summary.classes == ShapeClass.allCases.map(\.rawValue))
      #expect(summary.trainCounts == Array(repeating: 3, count: 10))
      #expect(summary.testCounts == Array(repeating: 2, count: 10))
      #expect(summary.channels == 3 && summary.height == 32 && summary.width == 32)
      #expect(summary.skipped.isEmpty)

      let dataset = try PackedDataset(file)
      #expect(dataset.count(of: .train) == 30 && dataset.count(of: .test) == 20)
      for name in dataset.classes {
        #expect(try dataset.examples(.train, classes: [name]).count == 3)
        #expect(try dataset.examples(.test, classes: [name]).count == 2)
      }
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
    canvas.fill([Self.rectangle(2.25, 1.25, 5.5, 4)]) { _ in Color(red: 1, green: 0.5, blue: 0) }
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

  @Test func slantedEdgesAgreeWithCountingPoints() {
    let triangle = [Point(x: 1.3, y: 0.6), Point(x: 7.4, y: 3.1), Point(x: 2.2, y: 7.7)]
    func isInside(_ point: Point) -> Bool {
      (0..<3).allSatisfy { index in
        let (from, to) = (triangle[index], triangle[(index + 1) % 3])
        return (to.x - from.x) * (point.y - from.y) >= (to.y - from.y) * (point.x - from.x)
      }
    }
    var canvas = ShapesCanvas(side: 8)
    canvas.fill([triangle]) { _ in Color(red: 1, green: 1, blue: 1) }
    for y in 0..<8 {
      for x in 0..<8 {
        var inside = 0
        for step in 0..<1024 {
          let (row, column) = step.quotientAndRemainder(dividingBy: 32)
          let point = Point(
            x: Double(x) + (Double(column) + 0.5) / 32, y: Double(y) + (Double(row) + 0.5) / 32)
          if isInside(point) { inside += 1 }
        }
        // Four lines per pixel miss at most half a line at a corner.
        #expect(abs(canvas.pixels[(y * 8 + x) * 3] - Double(inside) / 1024) < 0.125)
      }
    }
  }

  @Test func contoursTheOtherWayRoundCutHoles() {
    var canvas = ShapesCanvas(side: 8)
    let hole = Array(Self.rectangle(3, 3, 5, 5).reversed())
    canvas.fill([Self.rectangle(1, 1, 7, 7), hole]) { _ in Color(red: 1, green: 1, blue: 1) }
    #expect(canvas.pixels[(2 * 8 + 2) * 3] == 1)
    #expect(canvas.pixels[(4 * 8 + 4) * 3] == 0)
  }

  @Test func whatReachesBeyondTheCanvasIsCutOff() {
    var canvas = ShapesCanvas(side: 4)
    canvas.fill([Self.rectangle(-9, -9, 99, 99)]) { _ in Color(red: 1, green: 1, blue: 1) }
    canvas.fill([Self.rectangle(-9, 9, -5, 99)]) { _ in Color(red: 0, green: 0, blue: 0) }
    #expect(canvas.pixels.allSatisfy { $0 == 1 })
  }
}

extension ShapesTests {
  private typealias Images = [String: [[UInt8]]]

  /// The images of every class by its name, height × width × channels each.
  private static func render(
    seed: UInt64 = 0, train: Int, test: Int
  ) throws -> (train: Images, test: Images) {
    try withTemporaryFolder { folder in
      let file = folder.appending("packed")
      _ = try DatasetDefinition(source: .shapes(seed: seed, train: train, test: test))
        .pack(into: file, threads: 2)
      let dataset = try PackedDataset(file)
      func images(_ subset: Subset) throws -> Images {
        var images: Images = [:]
        for name in dataset.classes {
          images[name] = try dataset.examples(subset, classes: [name]).images.map {
            Array(dataset.pixels(of: $0))
          }
        }
        return images
      }
      return (try images(.train), try images(.test))
    }
  }

  /// The brightness of every pixel, ascending, 0…255.
  private static func sortedLuma(_ image: [UInt8]) -> [Double] {
    var luma: [Double] = []
    for index in stride(from: 0, to: image.count, by: 3) {
      let red: Double = 0.299 * Double(image[index])
      let green: Double = 0.587 * Double(image[index + 1])
      let blue: Double = 0.114 * Double(image[index + 2])
      luma.append(red + green + blue)
    }
    return luma.sorted()
  }

  private static func rectangle(
    _ left: Double, _ top: Double, _ right: Double, _ bottom: Double
  ) -> [Point] {
    [
      Point(x: left, y: top), Point(x: right, y: top), Point(x: right, y: bottom),
      Point(x: left, y: bottom),
    ]
  }
}
