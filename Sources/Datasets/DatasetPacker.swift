import Basics
import Definitions
import SystemPackage

/// Decodes a dataset's images in parallel and writes them in their natural order.
///
/// Images are read in portions of a few, so memory is bounded, and written and hashed in the order in which they were read,
/// while others are decoded: neither output nor errors depend on the number of threads. What an interrupted earlier packer has
/// written is read back, compared with its bookmark, and continued.
struct DatasetPacker {
  let definition: DatasetDefinition
  let file: FilePath
  let fileSystem: any FileSystem
  let threads: Int
  let memory: DecodingMemory
  let bookmark: Bookmark
  let time: any TimeSource
  let progress: @Sendable (_ completed: Int, _ total: Int) -> Void
  let stop: StopCheck

  /// Two portions are in memory at the same time.
  private enum Portion {
    static let images = 512
    /// The encoded size in bytes after which a portion is complete.
    static let encodedBytes = 8 << 20
    /// The maximum packed size of a portion in bytes.
    static let packedBytes = 32 << 20
    /// Images per portion while their size is unknown.
    static let imagesOfUnknownSize = 1
  }

  /// Seconds between two reports of progress.
  private static let reportInterval = 0.1

  /// An image to be decoded, and how.
  private struct Task: Sendable {
    let item: PackingItem
    let loader: ImageLoader
  }

  /// - Parameter open: opens the source at its first image.
  func pack(_ open: () throws -> any PackingInput) throws -> PackedFile {
    var bookmark = bookmark
    var input = try open()
    var state = newState(for: input)
    if let note = try bookmark.read().flatMap(PackingNote.init),
      try !goOn(from: note, &state, &input)
    {
      input = try open()
      state = newState(for: input)
    }
    var reported = -Double.infinity
    do {
      try processInOrder(
        threads: threads, unless: stop,
        next: {
          let loader = ImageLoader(definition: definition, memory: memory, expected: state.size)
          return try nextPortion(&input, state).map { Task(item: $0, loader: loader) }
        },
        transform: { [stop, storage = definition.storage] task in
          try PackedImage(task.loader.load(task.item, unless: stop), storage: storage)
        },
        take: { finished in
          for (task, image) in finished { try state.take(task.item, image) }
          if state.completed == state.total || time.now - reported >= DatasetPacker.reportInterval {
            progress(state.completed, state.total)
            reported = time.now
          }
          if bookmark.isDue { try state.keep(at: &bookmark) }
        })
    } catch is Interrupted {
      progress(state.completed, state.total)
      try state.keep(at: &bookmark)
      throw Interrupted()
    }
    // Finishing the file changes what the bookmark describes.
    try bookmark.remove()
    return try state.finish()
  }

  private func newState(for input: any PackingInput) -> PackingState {
    PackingState(definition: definition, file: file, fileSystem: fileSystem, index: input.index)
  }

  /// The next few images; empty at the end.
  private func nextPortion(
    _ input: inout any PackingInput, _ state: PackingState, atMost limit: Int = .max
  ) throws -> [PackingItem] {
    try stop.check()
    return try input.next(
      count: min(limit, portionCount(state.size)), bytes: Portion.encodedBytes)
  }

  private func portionCount(_ size: DatasetDefinition.Size?) -> Int {
    guard let size else { return Portion.imagesOfUnknownSize }
    let length = size.height * size.width * definition.channels
    return max(1, min(Portion.images, Portion.packedBytes / length))
  }

  /// Resumes from a bookmark, and advances the input accordingly.
  ///
  /// - Returns: whether the file matches the bookmark.
  private func goOn(
    from note: PackingNote, _ state: inout PackingState, _ input: inout any PackingInput
  ) throws -> Bool {
    guard let images = try? fileSystem.map(file) else { return false }
    try state.open(size: note.size, first: note.first, goingOn: true)
    guard let layout = state.layout(of: note) else { return false }
    var left = note.items
    while left > 0 {
      let items = try nextPortion(&input, state, atMost: left)
      if items.isEmpty { break }
      for item in items {
        try stop.check()
        state.takeBack(item, item.positions.map { layout.bytes(of: $0, in: images) }, note)
      }
      left -= items.count
    }
    state.traits = note.traits
    guard state.note == note else { return false }
    try state.resumeWriting()
    progress(state.completed, state.total)
    return true
  }
}
