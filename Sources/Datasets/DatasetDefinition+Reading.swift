import Basics
import Definitions
import SystemPackage

extension DatasetDefinition {
  /// The dataset in its storage format.
  ///
  /// - Throws: `DiagnosticError` if there is nothing at its path, or nothing in a supported format.
  func opened(unless stop: StopCheck) throws -> any DatasetFormat {
    let place = try DatasetPlace(source)
    for format in datasetFormats {
      if let opened = try format.init(place, of: self, unless: stop) { return opened }
    }
    throw DiagnosticError("the dataset is stored in no format that can be read")
  }

  /// Inspects the dataset without decoding an image.
  ///
  /// - Parameters:
  ///   - known: the result of an earlier inspection. If the source's stamp shows that nothing has changed, the summary
  ///     is returned and no content is read.
  ///   - time: the clock by which the age of changes is judged.
  ///   - stop: checked while content is read.
  /// - Throws: `DiagnosticError` for a source that is missing, cannot be read, is damaged, or is not laid
  ///   out as a dataset; `Interrupted`.
  package func inspect(
    known: (stamp: SourceStamp, summary: DatasetSummary)?,
    time: any TimeSource = SystemTimeSource(), unless stop: StopCheck = .never
  ) throws -> (stamp: SourceStamp, summary: DatasetSummary) {
    try opened(unless: stop).inspect(known: known, time: time, unless: stop)
  }

  /// Whether there is nothing at the dataset's path: no file, or an empty folder, such as an unmounted mount point.
  ///
  /// - Throws: `DiagnosticError` if that cannot be determined.
  package func isVacant() throws(DiagnosticError) -> Bool {
    guard case .path(let text) = source else { return false }
    let path = FilePath(text)
    guard let status = try LocalFileSystem().status(of: path) else { return true }
    return status.kind == .folder ? try LocalFileSystem().names(in: path).isEmpty : false
  }

  /// Reads the whole dataset, resizes its images, and writes them as one packed file.
  ///
  /// The bytes of the file depend only on the definition and the source's content. A source path must have been
  /// resolved before. Resumes from what an interrupted earlier call with the same definition and content has left at
  /// `file`.
  ///
  /// - Parameters:
  ///   - file: created or overwritten; a temporary file exists next to it during writing.
  ///   - threads: the number of images decoded in parallel.
  ///   - memory: the memory that they may use together during decoding.
  ///   - interval: seconds of work that an interruption may lose.
  ///   - fileSystem: for the packed file; the source is always read from the local one.
  ///   - progress: called now and then, and at the end, with the number of completed images and the total.
  ///   - stop: checked before each image is decoded, on any of the threads, and while the names in an archive are read.
  /// - Throws: `DiagnosticError` if the source is missing, damaged or not laid out as a dataset; for all unreadable
  ///   images, unless they are skipped; for images of different sizes if `size` is `nil`; and if the file cannot be
  ///   written. `Interrupted`.
  package func pack(
    into file: FilePath, threads: Int, memory: DecodingMemory = DecodingMemory(),
    interval: Double = .infinity,
    time: any TimeSource = SystemTimeSource(), on fileSystem: any FileSystem = LocalFileSystem(),
    progress: @escaping @Sendable (_ completed: Int, _ total: Int) -> Void = { _, _ in },
    unless stop: StopCheck = .never
  ) throws -> PackedFile {
    let packer = DatasetPacker(
      definition: self, file: file, fileSystem: fileSystem, threads: threads, memory: memory,
      bookmark: Bookmark(of: file, interval: interval, time: time, on: fileSystem),
      time: time, progress: progress, stop: stop)
    let source = try opened(unless: stop)
    return try packer.pack { try source.open(unless: stop) }
  }
}

/// The digest of a possibly large file.
func contentDigest(of path: FilePath, unless stop: StopCheck) throws -> Fingerprint {
  try stop.check()
  guard let content = try LocalFileSystem().digest(of: path, unless: stop) else {
    throw Interrupted()
  }
  return content.digest
}
