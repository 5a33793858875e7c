import Basics
import Definitions
import SystemPackage

/// A dataset's packed images, and what was recorded when they were packed.
package struct PackedImages: Sendable {
  package var images: PackedDataset
  package var summary: PackedSummary

  package init(_ images: PackedDataset, _ summary: PackedSummary) {
    self.images = images
    self.summary = summary
  }
}

extension DatasetDefinition {
  /// Looks at every image of the dataset.
  ///
  /// Memory does not depend on the sizes of images beyond `memory`: a few are decoded at a time, and only sums and a
  /// digest of each are kept.
  ///
  /// - Parameters:
  ///   - packed: the packed images, whose pixels are used instead of decoding files. The files' headers are still
  ///     read.
  ///   - hasFiles: whether the source is there; without it, `packed` is all that is known.
  ///   - samples: how many classes, and how many training images of each, are kept for a contact sheet.
  ///   - progress: called with the number of images looked at, and the total.
  ///   - stop: checked before each image.
  /// - Throws: `DiagnosticError` if the source is missing, damaged or not laid out as a dataset; `Interrupted`.
  ///   Unreadable images are part of the result.
  package func survey(
    packed: PackedImages? = nil, hasFiles: Bool = true, samples: SheetSize? = nil, threads: Int,
    memory: DecodingMemory = DecodingMemory(),
    progress: @escaping @Sendable (_ completed: Int, _ total: Int) -> Void = { _, _ in },
    unless stop: StopCheck = .never
  ) throws -> (survey: DatasetSurvey, samples: DatasetSamples) {
    var surveyor = DatasetSurveyor(
      definition: self, packed: packed, threads: threads, memory: memory, progress: progress,
      stop: stop)
    if hasFiles { try surveyor.readFiles(keeping: samples) }
    if let packed { try surveyor.readPacked(packed.images) }
    return (surveyor.survey, surveyor.samples)
  }
}

/// Collects what a survey finds.
private struct DatasetSurveyor {
  let definition: DatasetDefinition
  let packed: PackedImages?
  let threads: Int
  let memory: DecodingMemory
  let progress: @Sendable (_ completed: Int, _ total: Int) -> Void
  let stop: StopCheck

  private enum Round {
    static let images = 256
    static let encodedBytes = 16 << 20
  }

  /// Without files, that of the packed images, with numbers in place of names.
  private var index: DatasetIndex?
  /// Positions of the index without pixels.
  private var unreadablePositions: Set<Int> = []
  private var unreadable = FileList()
  private var sizes = SizeDistribution()
  private var unusual: [UnusualImage: FileList] = [:]
  private var duplicates = DuplicateFinder()
  private var training: ChannelSums
  /// Those of single training images by position, if some of them are held out.
  private var single: [Int: ChannelSums] = [:]
  private var packedSizes: Set<DatasetDefinition.Size> = []
  private(set) var samples = DatasetSamples()

  init(
    definition: DatasetDefinition, packed: PackedImages?, threads: Int, memory: DecodingMemory,
    progress: @escaping @Sendable (_ completed: Int, _ total: Int) -> Void, stop: StopCheck
  ) {
    self.definition = definition
    self.packed = packed
    self.threads = threads
    self.memory = memory
    self.progress = progress
    self.stop = stop
    training = ChannelSums(channels: definition.channels)
  }

  // MARK: - Files

  /// One file as a survey sees it.
  private struct Look: Sendable {
    var header = ImageHeader()
    /// `nil` if only the header was read.
    var totals: PixelTotals?
    var problem: String?
  }

  /// Reads the files: their headers and, unless there are packed images, their pixels.
  mutating func readFiles(keeping size: SheetSize?) throws {
    var input = try definition.opened(unless: stop).open(unless: stop)
    let index = input.index
    self.index = index
    let paths = index.paths
    if let size, packed == nil { samples = DatasetSamples(of: index, size) }
    // What decoding alone shows was recorded when the images were packed.
    let skipped = Set(packed?.summary.skipped ?? [])
    var completed = 0
    while true {
      try stop.check()
      let items = try input.next(count: Round.images, bytes: Round.encodedBytes)
      guard !items.isEmpty else { break }
      let looks = try parallelMap(items, threads: threads, unless: stop) {
        [definition, memory, stop, isPacked = packed != nil] item in
        try DatasetSurveyor.look(at: item, definition, memory, headerOnly: isPacked, unless: stop)
      }
      guard looks.count == items.count else { throw Interrupted() }
      for (item, look) in zip(items, looks) {
        for position in item.positions {
          if skipped.contains(item.name) { unreadablePositions.insert(position) }
          take(look, at: position, named: paths[position], index)
        }
        if look.problem == nil { samples.keep(item) }
        completed += item.positions.count
      }
      progress(completed, paths.count)
    }
  }

  private static func look(
    at item: PackingItem, _ definition: DatasetDefinition, _ memory: DecodingMemory,
    headerOnly: Bool, unless stop: StopCheck
  ) throws(Interrupted) -> Look {
    do {
      var item = item
      var header = ImageHeader()
      // A file is read once, for its header and for its pixels.
      if case .file(let path) = item.content { item.content = .encoded(try ImageLoader.read(path)) }
      if case .encoded(let bytes) = item.content {
        header = try bytes.withUnsafeBytes {
          try ImageHeader($0, orientation: definition.orientation)
        }
        if headerOnly { return Look(header: header) }
      }
      let loader = ImageLoader(definition: definition, memory: memory, expected: nil)
      switch try loader.load(item, unless: stop) {
      case .unreadable(let reason): return Look(header: header, problem: reason)
      case .otherSize(let size):
        return Look(header: header, problem: "its size is \(size.text)")
      case .image(let image, let traits):
        header.traits.formUnion(traits)
        // Rendered images have no header.
        header.size = header.size ?? .init(height: image.height, width: image.width)
        guard !headerOnly else { return Look(header: header) }
        let totals = image.pixels.withUnsafeBufferPointer {
          PixelTotals(
            $0, height: image.height, width: image.width, channels: image.channels)
        }
        return Look(header: header, totals: totals)
      }
    } catch let error as UnreadableImage {
      return Look(problem: error.reason)
    } catch let error as Interrupted {
      throw error
    } catch let error as DiagnosticError {
      return Look(problem: error.diagnostics.map(\.message).joined(separator: "; "))
    } catch {
      return Look(problem: "\(error)")
    }
  }

  private mutating func take(
    _ look: Look, at position: Int, named name: String, _ index: DatasetIndex
  ) {
    if let problem = look.problem {
      unreadable.add(.init(name, reason: problem))
      unreadablePositions.insert(position)
      return
    }
    if let size = look.header.size {
      sizes.add(size)
      if let wanted = definition.size, size.height < wanted.height, size.width < wanted.width {
        unusual[.enlarged, default: FileList()].add(.init(name))
      }
    }
    for trait in look.header.traits { unusual[.trait(trait), default: FileList()].add(.init(name)) }
    if let totals = look.totals { take(totals, at: position, named: name, index) }
  }

  // MARK: - Pixels

  private mutating func take(
    _ totals: PixelTotals, at position: Int, named name: String, _ index: DatasetIndex
  ) {
    packedSizes.insert(totals.size)
    duplicates.add(totals.digest, at: position)
    if totals.sums.isUniform { unusual[.uniform, default: FileList()].add(.init(name)) }
    guard position < index.trainCount else { return }
    training += totals.sums
    if definition.holdOut != nil { single[position] = totals.sums }
  }

  /// Reads the pixels of the packed images.
  mutating func readPacked(_ images: PackedDataset) throws {
    // The position of each packed image in the index.
    var positions = (0..<images.count).map { $0 }
    if let index {
      let readable = (0..<index.trainCount + index.testCount).filter {
        !unreadablePositions.contains($0)
      }
      if readable.count == images.count {
        positions = readable
      } else {
        self.index = nil
        unreadablePositions = []
      }
    }
    let index = index ?? DatasetIndex(numbering: packed?.summary)
    self.index = index
    let paths = index.paths
    for start in stride(from: 0, to: images.count, by: Round.images) {
      let range = start..<min(start + Round.images, images.count)
      let totals = try parallelMap(Array(range), threads: threads, unless: stop) { image in
        try PackedDataset.Reader(images).withPixels(of: image) { pixels in
          PixelTotals(
            pixels, height: images.shape.height, width: images.shape.width,
            channels: images.shape.channels)
        }
      }
      guard totals.count == range.count else { throw Interrupted() }
      for (image, totals) in zip(range, totals) {
        let position = positions[image]
        take(totals, at: position, named: paths[position], index)
      }
      progress(range.upperBound, images.count)
    }
    samples.use(images)
  }

  // MARK: - Result

  var survey: DatasetSurvey {
    let index = index ?? DatasetIndex(classes: [])
    let classOf = ClassPlaces(index)
    let paths = index.paths
    var counts = index.classes.map { files in
      (train: files.train.count, test: files.test.count)
    }
    for position in unreadablePositions {
      let (label, subset) = classOf[position]
      if subset == .train { counts[label].train -= 1 } else { counts[label].test -= 1 }
    }
    let classes = zip(index.classes, counts).map { files, count in
      let held =
        count.train > 0 ? definition.holdOut?.count(of: count.train, class: files.name) ?? 0 : 0
      return DatasetSurvey.ClassCounts(
        name: files.name, train: count.train - held, validation: held, test: count.test)
    }
    var lists = unusual
    if let summary = packed?.summary {
      for (trait, count) in summary.traits {
        let kind = UnusualImage.trait(trait)
        if (lists[kind]?.count ?? 0) < count { lists[kind] = FileList([], count: count) }
      }
    }
    return DatasetSurvey(
      pixels: packed == nil ? .decoded : .packed, classes: classes,
      sizes: sizes.height == nil ? nil : sizes, channels: definition.channels,
      packedSize: packedSizes.count == 1 ? packedSizes.first : nil,
      statistics: trainedOn(index).statistics,
      duplicates: duplicates.found(trainCount: index.trainCount) {
        (paths[$0], classOf[$0].label)
      },
      unreadable: listOfUnreadable,
      unusual: UnusualImage.all.compactMap { kind in lists[kind].map { (kind, $0) } },
      passedOver: FileList(
        index.passedOver.isEmpty ? packed?.summary.passedOver ?? [] : index.passedOver))
  }

  /// With packed images, those that were skipped; their headers may be fine.
  private var listOfUnreadable: FileList {
    guard let summary = packed?.summary, summary.skipped.count > unreadable.count else {
      return unreadable
    }
    var list = FileList()
    for (place, name) in summary.skipped.enumerated() {
      list.add(
        .init(name, reason: place < summary.reasons.count ? summary.reasons[place] : nil))
    }
    return list
  }

  /// The sums of the training images that are not held out.
  private func trainedOn(_ index: DatasetIndex) -> ChannelSums {
    guard let holdOut = definition.holdOut else { return training }
    var sums = training
    var first = 0
    for files in index.classes {
      let readable = (first..<first + files.train.count).filter {
        !unreadablePositions.contains($0)
      }
      first += files.train.count
      guard !readable.isEmpty else { continue }
      for place in holdOut.choice(of: readable.count, class: files.name) {
        if let own = single[readable[place]] { sums -= own }
      }
    }
    return sums
  }
}

extension DatasetIndex {
  /// Numbers in place of the names of packed images.
  fileprivate init(numbering summary: PackedSummary?) {
    func names(_ subset: Subset, _ name: String, _ count: Int) -> [String] {
      (0..<count).map { "\(subset.rawValue)/\(name)/#\($0 + 1)" }
    }
    self.init(
      classes: zip(
        summary?.classes ?? [], zip(summary?.trainCounts ?? [], summary?.testCounts ?? [])
      ).map { name, counts in
        ClassFiles(
          name: name, train: names(.train, name, counts.0), test: names(.test, name, counts.1))
      })
  }
}

/// The class and the subset of each position of an index.
private struct ClassPlaces {
  /// The first position of each class in a subset, ascending.
  private var starts: [(first: Int, label: Int, subset: Subset)] = []

  init(_ index: DatasetIndex) {
    var first = 0
    for subset in Subset.allCases {
      for (label, files) in index.classes.enumerated() {
        let count = subset == .train ? files.train.count : files.test.count
        // Classes without images have no position.
        if count > 0 { starts.append((first, label, subset)) }
        first += count
      }
    }
  }

  subscript(position: Int) -> (label: Int, subset: Subset) {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle].first <= position { low = middle } else { high = middle }
    }
    return (starts[low].label, starts[low].subset)
  }
}
