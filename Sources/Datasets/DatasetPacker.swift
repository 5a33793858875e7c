import Basics
import Definitions
import SystemPackage

/// Decodes a dataset's images in parallel and writes them in their natural order.
///
/// Work is done in rounds: a few images are read, decoded on all threads, then written. Memory is therefore bounded,
/// and neither output nor reports depend on the number of threads. What an interrupted earlier packer has written is
/// read back, compared with its bookmark, and continued.
struct DatasetPacker {
  let definition: DatasetDefinition
  let file: FilePath
  let fileSystem: any FileSystem
  let threads: Int
  let memory: DecodingMemory
  let bookmark: Bookmark
  let progress: @Sendable (_ completed: Int, _ total: Int) -> Void
  let stop: StopCheck

  private enum Round {
    static let images = 1024
    /// The encoded size in bytes after which a round is complete.
    static let encodedBytes = 16 << 20
    /// The maximum decoded size of a round in bytes.
    static let decodedBytes = 64 << 20
    /// Images per round while their size is unknown.
    static let imagesOfUnknownSize = 1
  }

  /// - Parameter open: opens the source at its first image.
  func pack(_ open: () throws -> any PackingInput) throws -> PackedSummary {
    var bookmark = bookmark
    var input = try open()
    var state = newState(for: input)
    if let note = try bookmark.read().flatMap(PackingNote.init),
      try !goOn(from: note, &state, &input)
    {
      input = try open()
      state = newState(for: input)
    }
    do {
      while let items = try nextRound(&input, state) {
        let loader = ImageLoader(definition: definition, memory: memory, expected: state.size)
        let images = try parallelMap(items, threads: threads, unless: stop) {
          [definition, stop] in
          try PackedImage(loader.load($0, unless: stop), storage: definition.storage)
        }
        for (item, image) in zip(items, images) { try state.take(item, image) }
        progress(state.completed, state.total)
        guard images.count == items.count else { throw Interrupted() }
        if bookmark.isDue { try state.keep(at: &bookmark) }
      }
    } catch is Interrupted {
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

  /// The next few images; `nil` at the end.
  private func nextRound(
    _ input: inout any PackingInput, _ state: PackingState, atMost limit: Int = .max
  ) throws -> [PackingItem]? {
    try stop.check()
    let items = try input.next(
      count: min(limit, roundCount(state.size)), bytes: Round.encodedBytes)
    return items.isEmpty ? nil : items
  }

  private func roundCount(_ size: DatasetDefinition.Size?) -> Int {
    guard let size else { return Round.imagesOfUnknownSize }
    let length = size.height * size.width * definition.channels
    return max(1, min(Round.images, Round.decodedBytes / length))
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
    while left > 0, let items = try nextRound(&input, state, atMost: left) {
      let digests = try parallelMap(items, threads: threads, unless: stop) { item in
        item.positions.map { layout.digest(of: $0, in: images) }
      }
      guard digests.count == items.count else { throw Interrupted() }
      for (item, digests) in zip(items, digests) { state.takeBack(item, digests, note) }
      left -= items.count
    }
    state.traits = note.traits
    guard state.note == note else { return false }
    try state.resumeWriting()
    progress(state.completed, state.total)
    return true
  }
}
