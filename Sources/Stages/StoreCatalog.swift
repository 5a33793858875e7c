import ArtifactStore
import Basics
import Datasets
import Definitions
import Planning
import SystemPackage

/// Tells planning about datasets, and remembers in the store what it has found out.
///
/// A dataset's content is hashed once; while path, sizes and times stay the same, later plans take the
/// store's word for it.
package struct StoreCatalog: DatasetCatalog {
  let store: Store
  private let pipeline: String
  private let writtenPaths: [String: String]
  let stop: StopCheck

  /// - Parameters:
  ///   - pipeline: the pipeline's name, by which datasets are known that are not there, but in an imported
  ///     study.
  ///   - writtenPaths: what the pipeline's file calls its datasets, by their paths as they can be opened.
  ///   - stop: asked while content is read.
  package init(
    store: Store, pipeline: String = "", writtenPaths: [String: String] = [:],
    unless stop: StopCheck = .never
  ) {
    self.store = store
    self.pipeline = pipeline
    self.writtenPaths = writtenPaths
    self.stop = stop
  }

  package func facts(of dataset: DatasetDefinition) throws -> DatasetFacts {
    if let facts = try importedFacts(of: dataset) { return facts }
    let key = dataset.source.inspectionKey
    let known = try store.inspection(for: key).flatMap(Inspection.init)
    let (stamp, summary) = try dataset.inspect(
      known: known.map { ($0.stamp, $0.summary) }, unless: stop)
    if known?.stamp != stamp {
      remember(Inspection(stamp: stamp, summary: summary).value, as: key)
    }
    return DatasetFacts(
      digest: summary.digest, classes: summary.classes, trainingImages: summary.trainCounts,
      testImages: summary.testCounts)
  }

  package func isThere(_ dataset: DatasetDefinition) throws -> Bool {
    switch dataset.source {
    case .shapes: true
    case .path(let path):
      try LocalFileSystem().exists(FilePath(path)) || importedFacts(of: dataset) != nil
    }
  }

  /// What an imported study knew of a dataset that is not there; `nil` for one that is, or is not known.
  package func importedFacts(of dataset: DatasetDefinition) throws -> DatasetFacts? {
    guard case .path(let path) = dataset.source, let written = writtenPaths[path],
      try !LocalFileSystem().exists(FilePath(path))
    else { return nil }
    return try store.importedDataset(at: written, in: pipeline).flatMap(DatasetFacts.init)
  }

  package func contents(ofList path: String) throws -> [UInt8] {
    let file = FilePath(path)
    let status = try LocalFileSystem().regularFile(at: file, "list of classes")
    guard status.size <= StoreCatalog.largestList else {
      throw DiagnosticError(
        "list of classes '\(path)' is larger than \(StoreCatalog.largestList >> 20) MB")
    }
    return try LocalFileSystem().read(file)
  }

  private static let largestList = 16 << 20
  /// A store that cannot be written costs the next plan its time, and nothing else: planning must work
  /// beside a store that belongs to somebody else.
  func remember(_ inspection: Value, as key: String) {
    try? store.setInspection(inspection, for: key)
  }

  private struct Inspection {
    var stamp: SourceStamp
    var summary: DatasetSummary

    init(stamp: SourceStamp, summary: DatasetSummary) {
      self.stamp = stamp
      self.summary = summary
    }

    init?(_ value: Value) {
      guard let stamp = value["stamp"].flatMap(SourceStamp.init),
        let summary = value["summary"].flatMap(DatasetSummary.init)
      else { return nil }
      self.init(stamp: stamp, summary: summary)
    }

    var value: Value { ["stamp": stamp.value, "summary": summary.value] }
  }
}

extension DatasetDefinition.Source {
  /// What tells sources apart in the store's notes.
  fileprivate var inspectionKey: String {
    switch self {
    case .path(let path): "path \(path)"
    case .shapes(let seed, let train, let test): "shapes \(seed) \(train) \(test)"
    }
  }
}
