import Basics
import Definitions
import SystemPackage

/// How many classes a contact sheet shows, and how many training images of each.
package struct SheetSize: Hashable, Sendable {
  package var classes: Int
  package var images: Int

  /// As many as fit a page that opens at once: at most four million pixels. Of large images there are fewer of each
  /// class, down to two, before classes are left out.
  ///
  /// - Parameters:
  ///   - pixels: of one image.
  ///   - views: how often each image is shown.
  ///   - all: the number of classes.
  package init(pixels: Int, views: Int, of all: Int) {
    let fitting = 4_000_000 / max(1, pixels) / views
    classes = max(min(2, all), min(16, all, fitting / 2))
    images = max(1, min(8, fitting / max(1, classes)))
  }
}

/// Some training images of some classes: enough of them for a contact sheet.
package struct DatasetSamples: Sendable {
  private struct Chosen: Sendable {
    var name: String
    /// Positions in the index, ascending.
    var positions: [Int]
  }

  private var chosen: [Chosen] = []
  private var wanted: Set<Int> = []
  /// By position in the index.
  private var items: [Int: PackingItem] = [:]
  /// The size of encoded images that are kept.
  private var bytes = 0
  /// The packed images of the whole dataset, if there are any.
  private var packed: PackedDataset?
  /// The number of classes of the dataset.
  private var classCount = 0

  /// Encoded images of archives are kept up to this size; those of folders are read again.
  private static let mostBytes = 64 << 20

  init() {}

  /// Chooses among the files of a dataset.
  init(of index: DatasetIndex, _ size: SheetSize) {
    classCount = index.classes.count
    var first = 0
    let labels = Set(evenly(size.classes, among: index.classes.count))
    for (label, files) in index.classes.enumerated() {
      if labels.contains(label) {
        let positions = evenly(size.images, among: files.train.count).map { first + $0 }
        chosen.append(Chosen(name: files.name, positions: positions))
        wanted.formUnion(positions)
      }
      first += files.train.count
    }
  }

  /// Keeps an image if it was chosen.
  mutating func keep(_ item: PackingItem) {
    guard let position = item.positions.first(where: wanted.contains) else { return }
    if case .encoded(let content) = item.content {
      guard bytes + content.count <= DatasetSamples.mostBytes else { return }
      bytes += content.count
    }
    var item = item
    item.positions = [position]
    items[position] = item
  }

  /// Takes images from a packed dataset instead.
  mutating func use(_ images: PackedDataset) {
    packed = images
    classCount = images.classes.count
  }

  // MARK: - The contact sheet

  /// The images as a network reads them, before and after augmentation.
  ///
  /// The mean is added back, and scaling undone: an image's pixels have their values 0…255. What a network reads as
  /// zero (padding, what is cut out) has the mean colour.
  ///
  /// - Parameters:
  ///   - input: the network's input; `nil` for the whole image.
  ///   - color: the mean colour, 0…255 for each channel.
  ///   - file: a temporary file of this name's folder holds the chosen images for a moment.
  /// - Throws: `DiagnosticError` if the images have different sizes, or are smaller than the input; `Interrupted`.
  package func sheet(
    of definition: DatasetDefinition, _ size: SheetSize, input: Shape?, color: [Double],
    beside file: FilePath, threads: Int, memory: DecodingMemory, unless stop: StopCheck
  ) throws -> ContactSheet {
    let (images, names) = try dataset(
      of: definition, size, beside: file, threads: threads, memory: memory, unless: stop)
    let shown = try names.map { name in
      let examples = try images.examples(.train, classes: [name])
      return evenly(size.images, among: examples.count).map { examples.images[$0] }
    }
    let all = shown.flatMap { $0 }
    let steps = definition.preprocessing.augmentation
    let views = try SheetViews(
      images, all, steps, input: input ?? images.shape, color: color.map(Float.init))
    var rows: [ContactSheet.Row] = []
    var first = 0
    for (name, images) in zip(names, shown) {
      try stop.check()
      let range = first..<first + images.count
      first = range.upperBound
      rows.append(
        ContactSheet.Row(
          name: name, plain: Array(views.plain[range]),
          augmented: views.augmented.isEmpty ? [] : Array(views.augmented[range])))
    }
    return ContactSheet(input: input ?? images.shape, rows: rows, classes: classCount)
  }

  private func dataset(
    of definition: DatasetDefinition, _ size: SheetSize, beside file: FilePath, threads: Int,
    memory: DecodingMemory, unless stop: StopCheck
  ) throws -> (images: PackedDataset, names: [String]) {
    if let packed {
      return (packed, evenly(size.classes, among: packed.classes.count).map { packed.classes[$0] })
    }
    let kept = chosen.map { chosen in
      Chosen(name: chosen.name, positions: chosen.positions.filter { items[$0] != nil })
    }.filter { !$0.positions.isEmpty }
    guard !kept.isEmpty else { throw DiagnosticError("none of the images can be read") }
    // The packer has files of its own beside the one that it writes.
    let folder = TemporaryFiles.newPath(beside: file)
    defer { try? LocalFileSystem().remove(folder) }
    try LocalFileSystem().makePassingFolder(folder)
    let place = folder.appending("images.packed")
    let packer = DatasetPacker(
      definition: definition, file: place, fileSystem: LocalFileSystem(), threads: threads,
      memory: memory,
      bookmark: Bookmark(
        of: place, interval: .infinity, time: SystemTimeSource(), on: LocalFileSystem()),
      time: SystemTimeSource(), progress: { _, _ in }, stop: stop)
    _ = try packer.pack {
      SampleInput(kept.map { ($0.name, $0.positions.compactMap { items[$0] }) })
    }
    return (try PackedDataset(place), kept.map(\.name))
  }
}

/// Some of these many places, the first among them, at equal distances.
private func evenly(_ count: Int, among all: Int) -> [Int] {
  let count = min(count, all)
  return (0..<count).map { $0 * all / count }
}

/// A few images of a dataset as a dataset of their own, in which the test images are the training images.
private struct SampleInput: PackingInput {
  let index: DatasetIndex
  private var items: [PackingItem] = []

  init(_ classes: [(name: String, items: [PackingItem])]) {
    index = DatasetIndex(
      classes: classes.map { name, items in
        let names = items.map(\.name)
        return .init(name: name, train: names, test: names)
      })
    let all = classes.flatMap(\.items)
    for (position, item) in all.enumerated() {
      var item = item
      item.positions = [position, all.count + position]
      items.append(item)
    }
  }

  mutating func next(count: Int, bytes: Int) -> [PackingItem] {
    defer { items.removeFirst(min(count, items.count)) }
    return Array(items.prefix(count))
  }
}

/// The views that a network gets of some images.
private struct SheetViews {
  private(set) var plain: [SheetImage] = []
  private(set) var augmented: [SheetImage] = []

  init(
    _ dataset: PackedDataset, _ images: [Int], _ steps: [any AugmentationStep], input: Shape,
    color: [Float]
  ) throws {
    let assembler = try BatchAssembler(
      dataset: dataset,
      mean: MeanImage(
        shape: dataset.shape,
        values: (0..<dataset.shape.count).map { color[$0 % color.count] }),
      preprocessing: Preprocessing(.centered(.color, scale: 1), augmentation: steps), input: input)
    let examples = Examples(images: images, labels: images.map { _ in 0 })
    var batch = ImageBatch(capacity: images.count, input: input)
    try assembler.assemble(examples, 0..<images.count, into: &batch)
    plain = SheetViews.images(of: batch, input, color)
    guard steps.contains(where: \.traits.isRandom) else { return }
    try assembler.assemble(
      examples, order: Array(images.indices), 0..<images.count,
      stream: RandomStream(seed: 0).stream(for: "contact sheet"), into: &batch)
    augmented = SheetViews.images(of: batch, input, color)
  }

  private static func images(
    of batch: ImageBatch, _ input: Shape, _ color: [Float]
  ) -> [SheetImage] {
    (0..<batch.count).map { number in
      let start = number * input.count
      return SheetImage(
        height: input.height, width: input.width, channels: input.channels,
        pixels: (0..<input.count).map { index in
          let value = batch.images[start + index] + color[index % color.count]
          return UInt8(max(0, min(255, value.rounded())))
        })
    }
  }
}
