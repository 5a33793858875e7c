import Basics
import Definitions

/// A way in which a dataset is stored: recognises its sources, lists what one holds, and opens it for packing.
///
/// A value is one source. `datasetFormats` is the list of those that there are.
protocol DatasetFormat: Sendable {
  /// Recognises a source.
  ///
  /// - Returns: `nil` where `place` holds no such dataset.
  /// - Throws: `DiagnosticError` where that cannot be found out.
  init?(_ place: DatasetPlace, of definition: DatasetDefinition) throws

  /// Finds out what the source holds, without decoding an image.
  ///
  /// - Parameters:
  ///   - known: what an earlier inspection gave, returned where its stamp shows that nothing has changed.
  ///   - time: the clock by which the age of changes is judged.
  ///   - stop: asked while content is read.
  /// - Throws: `DiagnosticError` for a source that cannot be read, is damaged, or is not laid out as a dataset;
  ///   `Interrupted`.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) throws
    -> Inspection

  /// Opens the source at its first image.
  ///
  /// - Throws: as `inspect` does.
  func open(unless stop: StopCheck) throws -> any PackingInput
}

/// The formats, in the order in which they are asked whether a source is theirs.
let datasetFormats: [any DatasetFormat.Type] = [
  ShapesFormat.self,
  FolderFormat.self,
  ArchiveFormat.self,
]

/// What an inspection finds out.
typealias Inspection = (stamp: SourceStamp, summary: DatasetSummary)
