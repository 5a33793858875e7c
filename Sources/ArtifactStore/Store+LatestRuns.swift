import Basics
import SystemPackage

/// Which fingerprints the stages of a pipeline had when they last ran or were reused.
///
/// Tells what has changed since; no result depends on it, so what cannot be read is left out.
package struct LatestRuns: Sendable {
  private let store: Store
  private let pipeline: String
  /// Whether any stage has run, so that of a new pipeline all is known without another look.
  private let hasRun: Bool

  fileprivate init(store: Store, pipeline: String, hasRun: Bool) {
    self.store = store
    self.pipeline = pipeline
    self.hasRun = hasRun
  }

  /// The stage's fingerprint in its latest run; `nil` where no stage of this name has run.
  package func fingerprint(of stage: String) throws(DiagnosticError) -> Fingerprint? {
    guard hasRun else { return nil }
    return try store.latestFingerprint(of: stage, in: pipeline)
  }
}

extension Store {
  /// What is known of the latest runs of a pipeline, by its name.
  package func latestRuns(of pipeline: String) throws(DiagnosticError) -> LatestRuns {
    let folder = latestFolder.appending(Store.fileName(for: pipeline))
    return LatestRuns(store: self, pipeline: pipeline, hasRun: try fileSystem.exists(folder))
  }

  /// Notes the fingerprint that a stage has in its latest run.
  package func setLatest(
    _ fingerprint: Fingerprint, of stage: String, in pipeline: String
  ) throws(DiagnosticError) {
    guard try latestFingerprint(of: stage, in: pipeline) != fingerprint else { return }
    let path = latestPath(of: stage, in: pipeline)
    try makeFolder(path.removingLastComponent())
    let entry: Value = [
      "format": 1, "pipeline": .string(pipeline), "stage": .string(stage),
      "fingerprint": .string(fingerprint.hexadecimal),
    ]
    try write(entry.json() + "\n", to: path)
  }

  func latestFingerprint(
    of stage: String, in pipeline: String
  ) throws(DiagnosticError) -> Fingerprint? {
    guard let bytes = try fileSystem.contents(of: latestPath(of: stage, in: pipeline)),
      let entry = try? Value(json: bytes), entry["format"] == 1,
      entry["pipeline"]?.asString == pipeline, entry["stage"]?.asString == stage
    else { return nil }
    return entry["fingerprint"]?.asString.flatMap { Fingerprint(hexadecimal: $0) }
  }

  private func latestPath(of stage: String, in pipeline: String) -> FilePath {
    latestFolder.appending(Store.fileName(for: pipeline)).appending(Store.fileName(for: stage))
  }
}
