import Basics
import Definitions

/// A storage format of datasets: recognises its sources, lists their content, and opens them for packing.
///
/// A value represents one source. `datasetFormats` lists all formats.
protocol DatasetFormat: Sendable {
  /// Recognises a source.
  ///
  /// - Returns: `nil` if `place` is not a dataset of this format.
  /// - Throws: `DiagnosticError` if that cannot be determined; `Interrupted`.
  init?(_ place: DatasetPlace, of definition: DatasetDefinition, unless stop: StopCheck) throws

  /// Inspects the source without decoding an image.
  ///
  /// - Parameters:
  ///   - known: the result of an earlier inspection, returned if its stamp shows that nothing has changed.
  ///   - time: the clock by which the age of changes is judged.
  ///   - stop: checked while content is read.
  /// - Throws: `DiagnosticError` for a source that cannot be read, is damaged, or is not laid out as a dataset;
  ///   `Interrupted`.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) throws
    -> Inspection

  /// Opens the source at its first image.
  ///
  /// - Throws: as `inspect` does.
  func open(unless stop: StopCheck) throws -> any PackingInput
}

/// The formats, in the order in which they are tried.
let datasetFormats: [any DatasetFormat.Type] = [
  ShapesFormat.self,
  ArchivesFormat.self,
  PixelFormat.self,
  FolderFormat.self,
  ArchiveFormat.self,
]

/// The result of an inspection.
typealias Inspection = (stamp: SourceStamp, summary: DatasetSummary)
