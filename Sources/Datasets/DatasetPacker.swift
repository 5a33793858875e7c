import Basics
import Definitions
import SystemPackage

/// Decodes a dataset's images in parallel and writes them in their natural order.
///
/// Work goes in rounds: a few images are read, decoded on all threads, then written; so memory stays
/// bounded, and what is written or reported does not depend on the number of threads.
struct DatasetPacker {
  let definition: DatasetDefinition
  let file: FilePath
  let threads: Int
  let progress: @Sendable (_ completed: Int, _ total: Int) -> Void
  let stop: StopCheck

  private enum Round {
    static let images = 1024
    /// Encoded bytes after which a round is closed.
    static let encodedBytes = 16 << 20
    /// Decoded bytes that a round may hold.
    static let decodedBytes = 64 << 20
    /// Images a round while their size is not known.
    static let imagesOfUnknownSize = 16
  }

  func pack(_ input: some PackingInput) throws -> PackedSummary {
    var input = input
    var state = PackingState(definition: definition, file: file, index: input.index)
    let total = state.total
    var completed = 0
    while true {
      try stop.check()
      let items = try input.next(count: roundCount(state), bytes: Round.encodedBytes)
      if items.isEmpty { break }
      let definition = definition
      let outcomes = try parallelMap(items, threads: threads) {
        ImageLoader(definition)
      } transform: { loader, item in
        try loader.load(item)
      }
      for (item, outcome) in zip(items, outcomes) { try state.take(item, outcome) }
      completed += items.reduce(0) { $0 + $1.positions.count }
      progress(completed, total)
    }
    return try state.finish()
  }

  private func roundCount(_ state: PackingState) -> Int {
    guard let size = state.size else { return Round.imagesOfUnknownSize }
    let length = size.height * size.width * definition.channels
    return max(1, min(Round.images, Round.decodedBytes / length))
  }
}

/// What has been packed so far.
private struct PackingState {
  let definition: DatasetDefinition
  let file: FilePath
  let index: DatasetIndex
  let total: Int
  private var output: Output?
  private var unreadable: [(position: Int, name: String)] = []
  private var written = 0

  init(definition: DatasetDefinition, file: FilePath, index: DatasetIndex) {
    self.definition = definition
    self.file = file
    self.index = index
    total = index.trainCount + index.testCount
  }

  /// The file being written, whose images all have one size.
  private struct Output {
    let writer: PackedFileWriter
    let size: DatasetDefinition.Size
    /// The image that told the size.
    let first: String
  }

  /// What all images have, once it is known.
  var size: DatasetDefinition.Size? { output?.size ?? definition.size }

  private func header(_ size: DatasetDefinition.Size) -> PackedHeader {
    PackedHeader(
      channels: definition.channels, height: size.height, width: size.width,
      classes: index.classes.map {
        .init(name: $0.name, train: $0.train.count, test: $0.test.count)
      })
  }

  mutating func take(_ item: PackingItem, _ outcome: ImageLoader.Outcome) throws {
    switch outcome {
    case .unreadable(let reason):
      guard definition.unreadable == .skip else {
        throw DiagnosticError(
          "cannot read the image '\(item.name)': \(reason)",
          notes: [.init("with 'unreadable: skip' the dataset leaves such images out")])
      }
      unreadable += item.positions.map { ($0, item.name) }
    case .image(let image):
      let own = DatasetDefinition.Size(height: image.height, width: image.width)
      let output = try output ?? open(size: own, first: item.name)
      self.output = output
      guard own == output.size else {
        throw DiagnosticError(
          "images have different sizes: '\(output.first)' is \(output.size.height)×"
            + "\(output.size.width), '\(item.name)' is \(own.height)×\(own.width) (height×width)",
          notes: [.init("set the dataset's 'size' to bring all images to one size")])
      }
      for position in item.positions { try output.writer.write(image.pixels, at: position) }
      written += item.positions.count
    }
  }

  private func open(size: DatasetDefinition.Size, first: String) throws -> Output {
    let header = header(size)
    let writer = try PackedFileWriter(
      file, pixelOffset: header.pixelOffset(images: total), imageLength: header.imageLength)
    return Output(writer: writer, size: size, first: first)
  }

  func finish() throws -> PackedSummary {
    guard written + unreadable.count == total else {
      throw DiagnosticError(
        "the dataset was changed while it was read: some of its images are gone")
    }
    guard let output else { throw DiagnosticError("none of the images can be read") }
    let gaps = unreadable.sorted { $0.position < $1.position }
    var header = header(output.size)
    try subtract(gaps.map(\.position), from: &header)
    try output.writer.finish(header, gaps: gaps.map(\.position))
    return PackedSummary(
      classes: header.classes.map(\.name), trainCounts: header.classes.map(\.train),
      testCounts: header.classes.map(\.test), channels: header.channels, height: header.height,
      width: header.width, skipped: gaps.map(\.name))
  }

  /// Takes the images that were left out from their classes' counts.
  private func subtract(_ gaps: [Int], from header: inout PackedHeader) throws {
    var gaps = gaps[...]
    var end = 0
    for subset in Subset.allCases {
      let counts: WritableKeyPath<PackedHeader.ClassEntry, Int> =
        subset == .train ? \.train : \.test
      for entry in header.classes.indices {
        end += header.classes[entry][keyPath: counts]
        while let gap = gaps.first, gap < end {
          header.classes[entry][keyPath: counts] -= 1
          gaps.removeFirst()
        }
        guard header.classes[entry][keyPath: counts] > 0 else {
          throw DiagnosticError(
            "none of the images of class '\(header.classes[entry].name)' in '\(subset.rawValue)' "
              + "can be read")
        }
      }
    }
  }
}
