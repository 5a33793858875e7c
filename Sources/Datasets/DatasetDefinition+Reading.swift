import Basics
import Definitions
import SystemPackage

extension DatasetDefinition {
  /// The dataset in the format that it is stored in.
  ///
  /// - Throws: `DiagnosticError` where there is nothing at its path, or nothing that is read.
  private func opened() throws -> any DatasetFormat {
    let place = try DatasetPlace(source)
    for format in datasetFormats {
      if let opened = try format.init(place, of: self) { return opened }
    }
    throw DiagnosticError("the dataset is stored in no format that can be read")
  }

  /// Finds out what the dataset holds, without decoding an image.
  ///
  /// - Parameters:
  ///   - known: what an earlier inspection gave. Where the source's stamp is still the same, and would have
  ///     showed no change, the summary is kept, and no content is read.
  ///   - time: the clock by which the age of changes is judged.
  ///   - stop: asked while content is read.
  /// - Throws: `DiagnosticError` for a source that is missing, cannot be read, is damaged, or is not laid
  ///   out as a dataset; `Interrupted`.
  package func inspect(
    known: (stamp: SourceStamp, summary: DatasetSummary)?,
    time: any TimeSource = SystemTimeSource(), unless stop: StopCheck = .never
  ) throws -> (stamp: SourceStamp, summary: DatasetSummary) {
    try opened().inspect(known: known, time: time, unless: stop)
  }

  /// Whether there is nothing where the dataset should be: no file, or an empty folder, such as the one where a
  /// disk is mounted at other times.
  ///
  /// - Throws: `DiagnosticError` where that cannot be found out.
  package func isVacant() throws(DiagnosticError) -> Bool {
    guard case .path(let text) = source else { return false }
    let path = FilePath(text)
    guard let status = try LocalFileSystem().status(of: path) else { return true }
    return status.kind == .folder ? try LocalFileSystem().names(in: path).isEmpty : false
  }

  /// Reads the whole dataset, brings its images to one size, and writes them as one packed file.
  ///
  /// The file's bytes depend on the definition and the source's content alone. A source path must have
  /// been resolved: it is opened as it stands. Resumes what an earlier call of the same definition and content
  /// has left at `file` when it was cut short.
  ///
  /// - Parameters:
  ///   - file: created or overwritten; a temporary file lies next to it while it is written.
  ///   - threads: how many images are decoded at once.
  ///   - memory: what they may take together while they are decoded.
  ///   - interval: seconds after which a crash costs no more than what came since.
  ///   - progress: called after each round with the images done and their total.
  ///   - stop: asked between rounds, and while an archive is read for its names.
  /// - Throws: `DiagnosticError` for a source that is missing, damaged or not laid out as a dataset,
  ///   for unreadable images, all of them, unless they are to be skipped, for images of different sizes where
  ///   `size` is `nil`, and for a file that cannot be written; `Interrupted`.
  package func pack(
    into file: FilePath, threads: Int, memory: DecodingMemory = DecodingMemory(),
    interval: Double = .infinity,
    time: any TimeSource = SystemTimeSource(),
    progress: @escaping @Sendable (_ completed: Int, _ total: Int) -> Void = { _, _ in },
    unless stop: StopCheck = .never
  ) throws -> PackedSummary {
    let packer = DatasetPacker(
      definition: self, file: file, threads: threads, memory: memory,
      bookmark: Bookmark(of: file, interval: interval, time: time), progress: progress, stop: stop)
    let source = try opened()
    return try packer.pack { try source.open(unless: stop) }
  }
}

/// The digest of a file that may be long.
func contentDigest(of path: FilePath, unless stop: StopCheck) throws -> Fingerprint {
  try stop.check()
  guard let content = try LocalFileSystem().digest(of: path, unless: stop) else {
    throw Interrupted()
  }
  return content.digest
}
