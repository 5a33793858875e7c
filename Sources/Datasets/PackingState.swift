import Basics
import Definitions
import SystemPackage

/// An image ready to be packed.
enum PackedImage: Sendable {
  case image([UInt8], DatasetDefinition.Size, Set<ImageTrait>)
  case otherSize(DatasetDefinition.Size)
  /// The reason, in words.
  case unreadable(String)

  /// - Throws: `DiagnosticError` if memory for encoding is short.
  init(_ outcome: ImageLoader.Outcome, storage: DatasetDefinition.Storage) throws {
    switch outcome {
    case .image(let image, let traits):
      let bytes =
        switch storage {
        case .pixels: image.pixels
        case .jpeg(let quality): try EncodedImage.bytes(of: image, quality: quality)
        }
      self = .image(bytes, .init(height: image.height, width: image.width), traits)
    case .otherSize(let size): self = .otherSize(size)
    case .unreadable(let reason): self = .unreadable(reason)
    }
  }
}

/// A packed file.
package struct PackedFile: Sendable {
  package var summary: PackedSummary
  /// The file's digest, if it was computed while it was written.
  package var content: FileDigest?
}

/// The layout of the images in an unfinished packed file.
struct UnfinishedLayout: Sendable {
  let places: ImagePlaces
  /// Positions without an image.
  let gaps: Set<Int>

  /// The image at a position; `nil` for a gap, and beyond the end.
  func bytes(of position: Int, in file: MappedFile) -> UnsafeRawBufferPointer? {
    guard !gaps.contains(position), let place = places[position],
      place.upperBound <= file.bytes.count
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: file.bytes[place])
  }
}

/// The images packed so far.
struct PackingState {
  let definition: DatasetDefinition
  let file: FilePath
  let fileSystem: any FileSystem
  let index: DatasetIndex
  let total: Int
  private var output: Output?
  private var unreadable: [PackingNote.Gap] = []
  /// The number of processed images with each trait.
  var traits: [ImageTrait: Int] = [:]
  /// Unreadable files, if these end the packing.
  private var problems = Problems()
  private var written = 0
  /// The number of processed items of the input.
  private var items = 0
  /// Over the header that the file gets if no image is left out, and all written images in the order of the input.
  private var hasher = ContentHasher()
  /// Whether the images were written in the order of their positions.
  private var isInOrder = true

  init(
    definition: DatasetDefinition, file: FilePath, fileSystem: any FileSystem, index: DatasetIndex
  ) {
    self.definition = definition
    self.file = file
    self.fileSystem = fileSystem
    self.index = index
    total = index.trainCount + index.testCount
  }

  /// The file being written, whose images all have the same size.
  struct Output {
    let writer: any PackedWriter
    let size: DatasetDefinition.Size
    /// The image that determined the size.
    let first: String
  }

  /// The size of all images, once it is known.
  var size: DatasetDefinition.Size? { output?.size ?? definition.size }

  /// The number of processed images, including those left out.
  var completed: Int { written + unreadable.count }

  private func header(_ size: DatasetDefinition.Size) -> PackedHeader {
    PackedHeader(
      channels: definition.channels, height: size.height, width: size.width,
      storage: definition.storage,
      classes: index.classes.map {
        .init(name: $0.name, train: $0.train.count, test: $0.test.count)
      })
  }

  mutating func take(_ item: PackingItem, _ packed: PackedImage) throws {
    switch packed {
    case .unreadable(let reason):
      if definition.unreadable == .error || index.hasValidation(at: item.positions) {
        problems.add(DiagnosticError("cannot read the image '\(item.name)': \(reason)"))
      }
      leaveOut(item, because: reason)
    case .otherSize(let own):
      throw problems.joined(with: otherSize(own, item))
    case .image(let bytes, let own, let traits):
      let output = if let output { output } else { try open(size: own, first: item.name) }
      guard own == output.size else { throw problems.joined(with: otherSize(own, item)) }
      for position in item.positions {
        // Once an image is missing, the others are only read to find further problems.
        if problems.isEmpty { try output.writer.write(bytes, at: position) }
        bytes.withUnsafeBytes { noteWritten($0, at: position) }
      }
      for trait in traits { self.traits[trait, default: 0] += item.positions.count }
    }
    items += 1
  }

  private func otherSize(_ own: DatasetDefinition.Size, _ item: PackingItem) -> DiagnosticError {
    let first = output.map { "'\($0.first)' is \($0.size.height)×\($0.size.width), " } ?? ""
    return DiagnosticError(
      "images have different sizes: \(first)'\(item.name)' is \(own.height)×\(own.width) (height×width)",
      notes: [.init("set the dataset's 'size' to resize all images")])
  }

  /// Counts an image that has been written earlier.
  mutating func takeBack(
    _ item: PackingItem, _ images: [UnsafeRawBufferPointer?], _ note: PackingNote
  ) {
    if images.allSatisfy({ $0 == nil }) {
      let gap = note.unreadable.first { item.positions.contains($0.position) }
      leaveOut(item, because: gap?.reason ?? "")
    } else {
      for (position, image) in zip(item.positions, images) {
        noteWritten(image ?? UnsafeRawBufferPointer(start: nil, count: 0), at: position)
      }
    }
    items += 1
  }

  private mutating func leaveOut(_ item: PackingItem, because reason: String) {
    unreadable += item.positions.map {
      PackingNote.Gap(position: $0, name: item.name, reason: reason)
    }
  }

  private mutating func noteWritten(_ image: UnsafeRawBufferPointer, at position: Int) {
    isInOrder = isInOrder && position == written
    written += 1
    hasher.update(image)
  }

  /// Opens the file once the size of the images is known.
  @discardableResult
  mutating func open(
    size: DatasetDefinition.Size, first: String, goingOn: Bool = false
  ) throws -> Output {
    let header = header(size)
    let writer: any PackedWriter =
      switch definition.storage {
      case .pixels:
        try PackedFileWriter(
          file, pixelOffset: header.pixelOffset(images: total), imageLength: header.imageLength,
          goingOn: goingOn, on: fileSystem)
      case .jpeg:
        try EncodedFileWriter(
          file, firstOffset: header.pixelOffset(images: total), goingOn: goingOn, on: fileSystem)
      }
    let output = Output(writer: writer, size: size, first: first)
    self.output = output
    // That of encoded images depends on their lengths.
    if definition.storage == .pixels { hasher.update(header.encoded()) }
    return output
  }

  /// The layout of the images in the file described by a note.
  func layout(of note: PackingNote) -> UnfinishedLayout? {
    output.map {
      UnfinishedLayout(
        places: $0.writer.places, gaps: Set(note.unreadable.map(\.position)))
    }
  }

  /// Continues behind the images that have been counted.
  func resumeWriting() throws { try output?.writer.resume(after: written) }

  /// The progress of packing; `nil` as long as there is no image.
  var note: PackingNote? {
    output.map {
      PackingNote(
        items: items, digest: hasher.finalized(), size: $0.size, first: $0.first,
        unreadable: unreadable, traits: traits)
    }
  }

  /// Lets a later packer resume from here.
  func keep(at bookmark: inout Bookmark) throws {
    guard let output, let note, problems.isEmpty else { return }
    try output.writer.synchronize()
    try bookmark.write(note.value)
  }

  func finish() throws -> PackedFile {
    if let error = problems.error(
      "images cannot be read",
      notes: [.init("'unreadable: skip' skips such images")])
    {
      throw error
    }
    guard written + unreadable.count == total else {
      throw DiagnosticError(
        "the dataset was changed while it was read: some of its images are gone")
    }
    guard let output else { throw DiagnosticError("none of the images can be read") }
    let gaps = unreadable.sorted { $0.position < $1.position }
    var header = header(output.size)
    try subtract(gaps.map(\.position), from: &header)
    try output.writer.finish(header, gaps: gaps.map(\.position))
    let summary = PackedSummary(
      classes: header.classes.map(\.name), trainCounts: header.classes.map(\.train),
      testCounts: header.classes.map(\.test), channels: header.channels, height: header.height,
      width: header.width, skipped: gaps.map(\.name),
      skippedTraining: gaps.count { $0.position < index.trainCount },
      reasons: gaps.prefix(Problems.most).map(\.reason), passedOver: index.passedOver,
      traits: traits)
    return PackedFile(summary: summary, content: content(header, gaps: gaps.count))
  }

  /// The content of the finished file, if that is what has been hashed.
  private func content(_ header: PackedHeader, gaps: Int) -> FileDigest? {
    guard definition.storage == .pixels, gaps == 0, isInOrder else { return nil }
    return FileDigest(
      digest: hasher.finalized(),
      size: header.pixelOffset(images: written) + written * header.imageLength)
  }

  /// Subtracts the images that were left out from the counts of their classes.
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
