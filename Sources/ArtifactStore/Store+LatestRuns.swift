import Basics
import SystemPackage

/// The fingerprints of a pipeline's stages when they last ran or were reused.
///
/// They serve to explain changes and do not affect results, so unreadable ones are left out.
package struct LatestRuns: Sendable {
  private let store: Store
  private let pipeline: String
  /// Whether any stage has run; if not, no further lookup is needed.
  private let hasRun: Bool

  fileprivate init(store: Store, pipeline: String, hasRun: Bool) {
    self.store = store
    self.pipeline = pipeline
    self.hasRun = hasRun
  }

  /// The stage's fingerprint in its latest run; `nil` if no stage of this name has run.
  package func fingerprint(of stage: String) -> Fingerprint? {
    guard hasRun else { return nil }
    return store.latestFingerprint(of: stage, in: pipeline)
  }
}

extension Store {
  /// The latest runs of a pipeline, by its name.
  package func latestRuns(of pipeline: String) throws(DiagnosticError) -> LatestRuns {
    let folder = latestFolder.appending(Store.fileName(for: pipeline))
    do throws(DiagnosticError) {
      return LatestRuns(store: self, pipeline: pipeline, hasRun: try fileSystem.exists(folder))
    } catch {
      guard error.makesUnreadable else { throw error }
      return LatestRuns(store: self, pipeline: pipeline, hasRun: false)
    }
  }

  /// Notes the fingerprint of a stage in its latest run.
  package func setLatest(
    _ fingerprint: Fingerprint, of stage: String, in pipeline: String
  ) throws(DiagnosticError) {
    let note = latestNote(fingerprint, of: stage, in: pipeline)
    try keep(note.note, at: note.path)
  }

  /// The same note, for publishing it together with the artifact.
  package func latestNote(
    _ fingerprint: Fingerprint, of stage: String, in pipeline: String
  ) -> AccompanyingNote {
    AccompanyingNote(
      path: latestPath(of: stage, in: pipeline),
      note: [
        "pipeline": .string(pipeline), "stage": .string(stage),
        "fingerprint": .string(fingerprint.hexadecimal),
      ], isFirst: false)
  }

  func latestFingerprint(of stage: String, in pipeline: String) -> Fingerprint? {
    guard case .found(let entry) = note(at: latestPath(of: stage, in: pipeline)),
      entry["pipeline"]?.asString == pipeline, entry["stage"]?.asString == stage
    else { return nil }
    return entry["fingerprint"]?.asString.flatMap { Fingerprint(hexadecimal: $0) }
  }

  func latestPath(of stage: String, in pipeline: String) -> FilePath {
    latestFolder.appending(Store.fileName(for: pipeline)).appending(Store.fileName(for: stage))
  }
}
