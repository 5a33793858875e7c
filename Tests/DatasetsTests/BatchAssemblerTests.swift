import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// What a batch has to hold, written out: the mean subtracted, zeros put around, a crop taken, mirrored.
struct NaiveAssembler {
  var images: PackedDataset
  var mean: MeanImage
  var preprocessing: Preprocessing
  var input: Shape

  private var channels: Int { input.channels }

  /// How many places a crop's corner can have, down and across.
  var places: (down: Int, across: Int) {
    (
      images.shape.height + 2 * preprocessing.border - input.height + 1,
      images.shape.width + 2 * preprocessing.border - input.width + 1
    )
  }

  func view(of image: Int, top: Int, left: Int, mirrored: Bool) -> [Float] {
    let pixels = images.pixels(of: image)
    let shape = images.shape
    var result: [Float] = []
    for row in 0..<input.height {
      for column in 0..<input.width {
        for channel in 0..<channels {
          let y = top + row - preprocessing.border
          let across = mirrored ? input.width - 1 - column : column
          let x = left + across - preprocessing.border
          let isInside = 0..<shape.height ~= y && 0..<shape.width ~= x
          let index = (y * shape.width + x) * channels + channel
          let scale = Float(preprocessing.normalization.scales(channels: channels)[channel])
          result.append(
            isInside
              ? (Float(pixels[index]) - mean.values[index]) * scale : 0)
        }
      }
    }
    return result
  }

  func centered(_ image: Int) -> [Float] {
    view(
      of: image, top: (places.down - 1) / 2, left: (places.across - 1) / 2, mirrored: false)
  }

  /// The training view: corner and side are drawn in lanes 0, 1 and 2 at the image's position.
  func drawn(_ image: Int, at position: Int, stream: RandomStream) -> [Float] {
    func draw(_ bound: Int, _ lane: UInt64) -> Int {
      stream.integer(below: bound, at: UInt64(position), lane: lane)
    }
    let isRandom = preprocessing.augmentation.contains { $0 is RandomCrop }
    return view(
      of: image, top: isRandom ? draw(places.down, 0) : (places.down - 1) / 2,
      left: isRandom ? draw(places.across, 1) : (places.across - 1) / 2,
      mirrored: preprocessing.augmentation.contains { $0 is Mirror } && draw(2, 2) == 1)
  }
}

@Suite struct BatchAssemblerTests {
  /// Settings that differ in everything an assembler looks at; images are 6 × 8.
  static let cases: [(Preprocessing, height: Int, width: Int)] = [
    (Preprocessing(), 6, 8),
    (Preprocessing(.centered(.color, scale: 0.5)), 5, 5),
    (Preprocessing(.centered(.none, scale: 1), augmentation: [Mirror()]), 6, 8),
    (Preprocessing(augmentation: [Mirror(), RandomCrop()]), 3, 4),
    (Preprocessing(augmentation: [RandomCrop()]), 6, 5),
    (Preprocessing(augmentation: [Mirror(), RandomCrop(), Padding(2)]), 6, 8),
    (
      Preprocessing(
        .centered(.color, scale: 1.0 / 64), augmentation: [Mirror(), RandomCrop(), Padding(1)]),
      8, 10
    ),
    (
      Preprocessing(
        .fixed(mean: [0.5, 0.25, 0], deviation: [0.2, 0.5, 1]),
        augmentation: [Mirror(), RandomCrop(), Padding(1)]), 5, 7
    ),
    // Crops that can lie on the padding altogether.
    (Preprocessing(augmentation: [Mirror(), RandomCrop(), Padding(5)]), 2, 3),
    (Preprocessing(augmentation: [Padding(3)]), 12, 14),
  ]

  private func withAssembler(
    _ preprocessing: Preprocessing, height: Int, width: Int, channels: Int = 3,
    _ body: (BatchAssembler, NaiveAssembler, Examples) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let images = try packedNoise(in: folder, train: 7, channels: channels)
      let examples = try images.examples(.train, classes: ["c", "b"])
      let mean = try #require(
        try MeanImage(preprocessing.normalization, of: examples.images, in: images))
      let input = Shape(channels: channels, height: height, width: width)
      try body(
        BatchAssembler(dataset: images, mean: mean, preprocessing: preprocessing, input: input),
        NaiveAssembler(images: images, mean: mean, preprocessing: preprocessing, input: input),
        examples)
    }
  }

  @Test(arguments: cases.indices, [1, 3])
  func evaluationBatchesEqualTheirNaiveTwin(index: Int, channels: Int) throws {
    let (preprocessing, height, width) = BatchAssemblerTests.cases[index]
    try withAssembler(preprocessing, height: height, width: width, channels: channels) {
      assembler, twin, examples in
      var batch = ImageBatch(capacity: 6, input: assembler.input)
      batch.images = batch.images.map { _ in .nan }
      try assembler.assemble(examples, 3..<8, into: &batch)
      #expect(batch.count == 5 && batch.capacity == 6)
      let expected = (3..<8).flatMap { twin.centered(examples.images[$0]) }
      #expect(Array(batch.images.prefix(expected.count)) == expected)
      #expect(Array(batch.labels.prefix(5)) == Array(examples.labels[3..<8]))
    }
  }

  @Test(arguments: cases.indices, [1, 3])
  func trainingBatchesEqualTheirNaiveTwin(index: Int, channels: Int) throws {
    let (preprocessing, height, width) = BatchAssemblerTests.cases[index]
    try withAssembler(preprocessing, height: height, width: width, channels: channels) {
      assembler, twin, examples in
      let stream = RandomStream(seed: 11)
      let order = RandomStream(seed: 5).permutation(of: examples.count)
      var batch = ImageBatch(capacity: 10, input: assembler.input)
      batch.images = batch.images.map { _ in .nan }
      try assembler.assemble(examples, order: order, 4..<14, stream: stream, into: &batch)
      let expected = (4..<14).flatMap {
        twin.drawn(examples.images[order[$0]], at: $0, stream: stream)
      }
      #expect(batch.images == expected)
      #expect(batch.labels == order[4..<14].map { examples.labels[$0] })
    }
  }

  /// What PyTorch computes from a pixel: (v / 255 − mean) / deviation.
  @Test func fixedNormalizationIsThatOfPublishedWeights() throws {
    try withAssembler(Preprocessing(.imageNet), height: 6, width: 8) {
      assembler, twin, examples in
      var batch = ImageBatch(capacity: 1, input: assembler.input)
      try assembler.assemble(examples, 0..<1, into: &batch)
      let (mean, deviation) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
      let pixels = twin.images.pixels(of: examples.images[0])
      for (index, value) in batch.images.enumerated() {
        let expected = (Double(pixels[index]) / 255 - mean[index % 3]) / deviation[index % 3]
        #expect(abs(Double(value) - expected) < 1e-6)
      }
    }
  }

  @Test func everyCropAndSideOccurs() throws {
    let preprocessing = Preprocessing(augmentation: [Mirror(), RandomCrop(), Padding(1)])
    try withAssembler(preprocessing, height: 7, width: 8) { assembler, twin, examples in
      // 2 rows × 3 columns × 2 sides of one image.
      var views: Set<[Float]> = []
      for top in 0..<2 {
        for left in 0..<3 {
          for mirrored in [true, false] {
            views.insert(
              twin.view(of: examples.images[0], top: top, left: left, mirrored: mirrored))
          }
        }
      }
      let order = Array(repeating: 0, count: 200)
      var seen: [[Float]: Int] = [:]
      var batch = ImageBatch(capacity: 1, input: assembler.input)
      for position in 0..<200 {
        try assembler.assemble(
          examples, order: order, position..<position + 1, stream: RandomStream(seed: 0),
          into: &batch)
        seen[batch.images, default: 0] += 1
      }
      #expect(views.count == 12 && Set(seen.keys) == views)
      // 200 draws of 12: less than 4 of one kind has a probability below 10⁻⁴.
      #expect(seen.values.allSatisfy { $0 >= 4 })
    }
  }

  @Test func aViewDependsOnItsPositionAlone() throws {
    let preprocessing = Preprocessing(augmentation: [Mirror(), RandomCrop(), Padding(2)])
    try withAssembler(preprocessing, height: 5, width: 5) { assembler, _, examples in
      let order = Array(0..<examples.count)
      let stream = RandomStream(seed: 4)
      var whole = ImageBatch(capacity: 12, input: assembler.input)
      try assembler.assemble(examples, order: order, 0..<12, stream: stream, into: &whole)
      var part = ImageBatch(capacity: 4, input: assembler.input)
      try assembler.assemble(examples, order: order, 8..<12, stream: stream, into: &part)
      #expect(
        Array(whole.images[8 * assembler.input.count..<12 * assembler.input.count]) == part.images)
    }
  }

  /// A step on stored pixels comes before the mean and the crop; evaluation takes it where it is not random.
  @Test(arguments: [true, false]) func stepsOnPixelsComeFirst(isRandom: Bool) throws {
    let step = Darkening(isRandom: isRandom)
    let stream = RandomStream(seed: 3)
    func batches(_ steps: [any AugmentationStep]) throws -> [[Float]] {
      var result: [[Float]] = []
      let preprocessing = Preprocessing(
        .centered(.none, scale: 1), augmentation: steps + [RandomCrop(), Mirror()])
      try withAssembler(preprocessing, height: 4, width: 5) { assembler, _, examples in
        var batch = ImageBatch(capacity: 6, input: assembler.input)
        let order = Array(examples.images.indices)
        try assembler.assemble(examples, order: order, 4..<10, stream: stream, into: &batch)
        result.append(batch.images)
        try assembler.assemble(examples, 4..<10, into: &batch)
        result.append(batch.images)
      }
      return result
    }
    func darkened(_ images: [Float]) -> [Float] {
      images.indices.map {
        let draws = StepDraws(
          stream: step.stream(of: stream), position: UInt64(4 + $0 / 60))
        return max(0, images[$0] - Float(step.shade(draws)))
      }
    }
    let (plain, changed) = (try batches([]), try batches([step]))
    #expect(changed[0] == darkened(plain[0]) && changed[0] != plain[0])
    #expect(changed[1] == (isRandom ? plain[1] : darkened(plain[1])))
  }

  // MARK: Steps on pixels and crops, in any order

  /// What a batch has to hold, step by step on a whole image of the dataset with its border.
  private func naive(
    _ twin: NaiveAssembler, _ image: Int, at position: Int, _ epoch: RandomStream
  ) -> [Float] {
    let (stored, input) = (twin.images.shape, twin.input)
    let channels = input.channels
    // Values with the border, and the mean that belongs to each.
    let border = twin.preprocessing.border
    let pixels = twin.images.pixels(of: image)
    let colors = (0..<channels).map { channel in
      let values = stride(from: channel, to: twin.mean.values.count, by: channels)
      return values.reduce(0.0) { $0 + Double(twin.mean.values[$1]) }
        / Double(stored.height * stored.width)
    }
    typealias Pixel = (values: [Int], mean: [Float])
    var rows: [[Pixel]] = (-border..<stored.height + border).map { row in
      (-border..<stored.width + border).map { column in
        guard 0..<stored.height ~= row, 0..<stored.width ~= column else {
          return (colors.map { Int($0.rounded()) }, colors.map { Float($0) })
        }
        let start = (row * stored.width + column) * channels
        return (
          pixels[start..<start + channels].map { Int($0) },
          Array(twin.mean.values[start..<start + channels])
        )
      }
    }
    for step in twin.preprocessing.augmentation {
      let draws = StepDraws(stream: step.stream(of: epoch), position: UInt64(position))
      switch step {
      case is Mirror:
        if draws.integer(below: 2, 2) == 1 { rows = rows.map { $0.reversed() } }
      case is RandomCrop:
        let top = draws.integer(below: rows.count - input.height + 1, 0)
        let left = draws.integer(below: rows[0].count - input.width + 1, 1)
        rows = rows[top..<top + input.height].map { Array($0[left..<left + input.width]) }
      case let step as Darkening:
        for row in rows.indices {
          for column in rows[row].indices {
            rows[row][column].values = rows[row][column].values.map {
              max(0, $0 - step.shade(draws))
            }
          }
        }
      default: break
      }
    }
    let (top, left) = ((rows.count - input.height) / 2, (rows[0].count - input.width) / 2)
    let scale = Float(twin.preprocessing.normalization.scales(channels: channels)[0])
    return rows[top..<top + input.height].flatMap { row in
      row[left..<left + input.width].flatMap { pixel in
        zip(pixel.values, pixel.mean).map { (Float($0) - $1) * scale }
      }
    }
  }

  // Where padding is darkened, the naive twin darkens the border of the whole image: the same.
  static let orders: [[any AugmentationStep]] = [
    [Mirror(), Darkening(isRandom: true)],
    [Mirror(), Darkening(isRandom: true), RandomCrop()],
    [RandomCrop(), Darkening(isRandom: true), Mirror()],
    [Padding(2), RandomCrop(), Darkening(isRandom: true)],
    [Padding(2), RandomCrop(), Mirror(), Darkening(isRandom: true)],
    [Padding(1), RandomCrop(), Darkening(isRandom: true), Mirror()],
  ]

  @Test(arguments: orders.indices, [Normalization.Mean.image, .color])
  func stepsApplyInTheirOrder(index: Int, mean: Normalization.Mean) throws {
    let preprocessing = Preprocessing(
      .centered(mean, scale: 0.5), augmentation: BatchAssemblerTests.orders[index])
    for (height, width) in [(4, 5), (6, 8)] {
      try withAssembler(preprocessing, height: height, width: width) { assembler, twin, examples in
        let stream = RandomStream(seed: 21)
        let order = Array(examples.images.indices)
        var batch = ImageBatch(capacity: 12, input: assembler.input)
        try assembler.assemble(examples, order: order, 0..<12, stream: stream, into: &batch)
        let expected = (0..<12).flatMap { naive(twin, examples.images[$0], at: $0, stream) }
        #expect(batch.images == expected)
      }
    }
  }

  /// A resized region has the mean of the centre crop, which evaluation subtracts.
  @Test func resizedCropsHaveTheMeanOfTheCentre() throws {
    let step = RandomResizedCrop(scale: 0.3...0.8, ratio: 0.5...2)
    let preprocessing = Preprocessing(.centered(.image, scale: 1), augmentation: [step])
    try withAssembler(preprocessing, height: 4, width: 5) { assembler, twin, examples in
      let stream = RandomStream(seed: 2)
      var batch = ImageBatch(capacity: 6, input: assembler.input)
      try assembler.assemble(
        examples, order: Array(examples.images.indices), 0..<6, stream: stream, into: &batch)
      for image in 0..<6 {
        let draws = StepDraws(stream: step.stream(of: stream), position: UInt64(image))
        var resized = [UInt8](repeating: 0, count: 60)
        resized.withUnsafeMutableBufferPointer { resized in
          twin.images.pixels(of: examples.images[image]).withUnsafeBufferPointer {
            resize(
              $0, width: 8, channels: 3, step.region(height: 6, width: 8, draws), to: resized,
              height: 4, width: 5)
          }
        }
        for index in 0..<60 {
          let (row, rest) = index.quotientAndRemainder(dividingBy: 15)
          let mean = twin.mean.values[(row + 1) * 24 + rest + 3]
          #expect(batch.images[image * 60 + index] == Float(resized[index]) - mean)
        }
      }
      // Evaluation takes the centre crop.
      try assembler.assemble(examples, 0..<6, into: &batch)
      #expect(batch.images == (0..<6).flatMap { twin.centered(examples.images[$0]) })
    }
  }

  @Test func cutoutsAreZero() throws {
    let step = Cutout(size: 3)
    let plain = Preprocessing(.centered(.color, scale: 1), augmentation: [RandomCrop()])
    let cut = Preprocessing(.centered(.color, scale: 1), augmentation: [RandomCrop(), step])
    let stream = RandomStream(seed: 8)
    func images(_ preprocessing: Preprocessing) throws -> [Float] {
      var images: [Float] = []
      try withAssembler(preprocessing, height: 5, width: 6) { assembler, _, examples in
        var batch = ImageBatch(capacity: 12, input: assembler.input)
        try assembler.assemble(
          examples, order: Array(examples.images.indices), 0..<12, stream: stream, into: &batch)
        images = batch.images
      }
      return images
    }
    var expected = try images(plain)
    let input = Shape(channels: 3, height: 5, width: 6)
    for image in 0..<12 {
      let draws = StepDraws(stream: step.stream(of: stream), position: UInt64(image))
      let square = step.square(of: input, draws)
      for row in square.top..<square.top + 3 where 0..<5 ~= row {
        for column in square.left..<square.left + 3 where 0..<6 ~= column {
          for channel in 0..<3 { expected[image * 90 + (row * 6 + column) * 3 + channel] = 0 }
        }
      }
    }
    #expect(try images(cut) == expected)
  }

  // MARK: Mixed batches

  private func batch(
    _ steps: [any AugmentationStep], _ range: Range<Int>, _ stream: RandomStream
  ) throws -> ImageBatch {
    var result: ImageBatch?
    let preprocessing = Preprocessing(.centered(.color, scale: 1), augmentation: steps)
    try withAssembler(preprocessing, height: 5, width: 6) { assembler, _, examples in
      var batch = ImageBatch(capacity: range.count, input: assembler.input)
      try assembler.assemble(
        examples, order: Array(examples.images.indices), range, stream: stream, into: &batch)
      result = batch
      // Evaluation mixes nothing.
      try assembler.assemble(examples, range, into: &batch)
      #expect(batch.others.isEmpty && batch.shares.isEmpty)
    }
    return try #require(result)
  }

  @Test func mixedBatchesStateBothClasses() throws {
    let stream = RandomStream(seed: 6)
    let plain = try batch([Mirror()], 3..<10, stream)
    #expect(plain.others.isEmpty && plain.shares.isEmpty)
    let mixed = try batch([Mirror(), Mixup(alpha: 2)], 3..<10, stream)
    let draws = StepDraws(stream: Mixup().stream(of: stream), position: 3)
    let share = Float(Mixup(alpha: 2).share(draws))
    #expect(mixed.labels == plain.labels)
    #expect(mixed.others == [plain.labels[6]] + plain.labels[..<6])
    #expect(mixed.shares == Array(repeating: share, count: 7))
    for index in mixed.images.indices {
      let earlier = plain.images[index < 90 ? index + 6 * 90 : index - 90]
      #expect(mixed.images[index] == earlier * (1 - share) + plain.images[index] * share)
    }
  }

  @Test func eachBatchUsesOneOfSeveralMixtures() throws {
    let stream = RandomStream(seed: 6)
    var kinds: [Int: Int] = [:]
    for first in 0..<12 {
      let range = first..<first + 2
      let mixed = try batch([Mixup(), Cutmix()], range, stream)
      let own = [try batch([Mixup()], range, stream), try batch([Cutmix()], range, stream)]
      let kind = try #require(
        own.firstIndex { $0.images == mixed.images && $0.shares == mixed.shares })
      kinds[kind, default: 0] += 1
    }
    #expect(kinds.count == 2)
  }

  /// Batches to the last bit: cached training runs were made with them. A failure means that
  /// `NumericsRevision.engine` must be raised.
  @Test(arguments: [
    (0, "386f204e7a5f31d8"), (1, "e33e146d77c6d659"),
  ]) func everyStepKeepsItsBits(index: Int, recorded: String) throws {
    let jitter = ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)
    let steps: [any AugmentationStep] =
      index == 0
      ? [
        Rotate(degrees: 30), RandomResizedCrop(), Mirror(), jitter, Grayscale(probability: 0.2),
        RandAugment(), Cutout(size: 3), Mixup(),
      ]
      : [
        Mirror(), RandAugment(operations: 4, magnitude: 20), Padding(2), RandomCrop(), jitter,
        Cutout(size: 2), Cutmix(),
      ]
    let mixed = try batch(steps, 0..<14, RandomStream(seed: 12))
    var bytes: [UInt8] = []
    for value in mixed.images + mixed.shares {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    #expect(Fingerprint(of: bytes).hexadecimal.prefix(16) == recorded)
  }

  // MARK: What does not fit

  private func complaint(_ preprocessing: Preprocessing, input: Shape) throws -> String {
    try withTemporaryFolder { folder in
      let images = try packedNoise(in: folder)
      let mean = try MeanImage(.none, of: [], in: images)
      return try message {
        _ = try BatchAssembler(
          dataset: images, mean: mean, preprocessing: preprocessing, input: input)
      }
    }
  }

  @Test func otherChannelsAreRefused() throws {
    let message = try complaint(
      Preprocessing(), input: Shape(channels: 1, height: 6, width: 8))
    #expect(message.contains("the network reads 1×6×8") && message.contains("3×6×8"))
    #expect(message.contains("'channels'"))
    #expect(try complaint(Preprocessing(), input: Shape(units: 144)).contains("channels differ"))
  }

  @Test func inputsLargerThanTheImagesAreRefused() throws {
    for shape in [
      Shape(channels: 3, height: 7, width: 8), Shape(channels: 3, height: 6, width: 9),
    ] {
      let message = try complaint(Preprocessing(), input: shape)
      #expect(message.contains("is larger than the dataset's images") && message.contains("'size'"))
    }
    let padded = try complaint(
      Preprocessing(augmentation: [Padding(2)]), input: Shape(channels: 3, height: 11, width: 8))
    #expect(padded.contains("with padding 2"))
  }
}

/// A step that is no part of the program: it takes something off every stored value.
private struct Darkening: AugmentationStep {
  var isRandom: Bool

  static var keyword: String { "darkening" }
  var setting: Value { .bool(isRandom) }
  var traits: Traits { Traits(isRandom: isRandom, scope: .image) }
  var place: StepPlace { .pixels }
  var effect: AugmentationEffect { AugmentationEffect(name: "darkening", clause: "it darkens") }

  func shade(_ draws: StepDraws) -> Int { isRandom ? draws.integer(below: 50, 0) : 20 }

  func change(_ image: AugmentedImage, _ draws: StepDraws) {
    image.edit { pixels in
      for index in pixels.indices {
        pixels[index] = UInt8(max(0, Int(pixels[index]) - shade(draws)))
      }
    }
  }
}
