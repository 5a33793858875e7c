import ArtifactStore
import Basics
import Datasets
import Definitions
import Planning
import SystemPackage

/// Provides planning with facts about what is outside the pipeline file, and records them in the store.
///
/// Content is hashed once; as long as the stamps of its files do not change, later plans use the recorded facts.
/// Recorded facts are also used if a source no longer exists.
package struct StoreCatalog: DatasetCatalog {
  let store: Store
  private let pipeline: String
  private let writtenPaths: [String: String]
  let time: any TimeSource
  let stop: StopCheck

  /// - Parameters:
  ///   - pipeline: the name of the pipeline, under which the store records facts about its sources.
  ///   - writtenPaths: the names of datasets and the paths of files as written in the pipeline file, by their resolved
  ///     paths. Facts about other sources are not recorded.
  ///   - time: the clock by which the age of changes is judged.
  ///   - stop: checked while content is read.
  package init(
    store: Store, pipeline: String = "", writtenPaths: [String: String] = [:],
    time: any TimeSource = SystemTimeSource(), unless stop: StopCheck = .never
  ) {
    self.store = store
    self.pipeline = pipeline
    self.writtenPaths = writtenPaths
    self.time = time
    self.stop = stop
  }

  package func facts(of dataset: DatasetDefinition) throws -> Learned<DatasetFacts> {
    guard case .path = dataset.source, try dataset.isVacant() else {
      let facts = DatasetFacts(try inspect(dataset))
      if let written = written(dataset) { try? store.remember(facts.value, of: written) }
      return Learned(facts)
    }
    if let facts = known(dataset) { return Learned(facts, isRemembered: true) }
    return Learned(DatasetFacts(try inspect(dataset)))
  }

  package func knows(_ dataset: DatasetDefinition) throws -> Bool {
    guard case .path = dataset.source, try dataset.isVacant() else { return true }
    return known(dataset) != nil
  }

  /// The facts recorded when a dataset's source last existed, read in the same way.
  private func known(_ dataset: DatasetDefinition) -> DatasetFacts? {
    written(dataset).flatMap { store.remembered($0) }.flatMap(DatasetFacts.init)
  }

  /// A dataset as the pipeline file names it.
  private func written(_ dataset: DatasetDefinition) -> OutsideSource? {
    guard case .path(let path) = dataset.source, let written = writtenPaths[path] else {
      return nil
    }
    var dataset = dataset
    dataset.subsets?.changeLists { writtenPaths[$0] ?? $0 }
    return dataset.outsideSource(at: written, of: pipeline)
  }

  private func inspect(_ dataset: DatasetDefinition) throws -> DatasetSummary {
    let known = store.inspection(of: dataset)
    var (stamp, summary) = try dataset.inspect(known: known, time: time, unless: stop)
    if let files = summary.files {
      // Without it the next plan cannot say which files have changed, and nothing else.
      try? store.setListing(files, ofContent: summary.digest.hexadecimal)
      summary.files = nil
    }
    if known?.stamp != stamp || known?.summary != summary {
      note(["stamp": stamp.value, "summary": summary.value], as: dataset.inspectionKey)
    }
    return summary
  }

  package func contents(ofList path: String) throws -> Learned<[UInt8]> {
    let file = FilePath(path)
    guard let status = try LocalFileSystem().regularFile(at: file, "class list") else {
      if let text = known(.classes, at: path)?.asString {
        return Learned(Array(text.utf8), isRemembered: true)
      }
      throw try DiagnosticError.absent("class list", file)
    }
    guard status.size <= StoreCatalog.largestList else {
      throw DiagnosticError(
        "class list '\(path)' is larger than \(StoreCatalog.largestList >> 20) MB")
    }
    let bytes = try LocalFileSystem().read(file)
    if let text = String(validating: bytes, as: UTF8.self) {
      remember(.string(text), of: .classes, at: path)
    }
    return Learned(bytes)
  }

  private static let largestList = 16 << 20

  // MARK: - Facts from the store

  /// The facts recorded when a source last existed.
  func known(_ kind: OutsideSource.Kind, at path: String) -> Value? {
    source(kind, at: path).flatMap { store.remembered($0) }
  }

  /// Records facts about a source, unless the store cannot be written.
  func remember(_ facts: Value, of kind: OutsideSource.Kind, at path: String) {
    if let source = source(kind, at: path) { try? store.remember(facts, of: source) }
  }

  private func source(_ kind: OutsideSource.Kind, at path: String) -> OutsideSource? {
    writtenPaths[path].map { OutsideSource(kind: kind, pipeline: pipeline, path: $0) }
  }

  /// If the store cannot be written, the next plan only takes longer: planning must work with a store that belongs to
  /// another user.
  func note(_ inspection: Value, as key: String) {
    try? store.setInspection(inspection, for: key)
  }
}

extension Store {
  /// What is noted of a dataset's last inspection.
  func inspection(
    of dataset: DatasetDefinition
  ) -> (stamp: SourceStamp, summary: DatasetSummary)? {
    guard let value = inspection(for: dataset.inspectionKey),
      let stamp = value["stamp"].flatMap(SourceStamp.init),
      let summary = value["summary"].flatMap(DatasetSummary.init)
    else { return nil }
    return (stamp, summary)
  }
}

extension DatasetFacts {
  fileprivate init(_ summary: DatasetSummary) {
    self.init(
      digest: summary.digest, classes: summary.classes, trainingImages: summary.trainCounts,
      testImages: summary.testCounts, validationImages: summary.validationCounts,
      imageSize: summary.imageSize?.size, headers: summary.headers)
  }
}

extension DatasetDefinition {
  /// Distinguishes sources, and ways to read them, in the store's notes.
  fileprivate var inspectionKey: String {
    let place =
      switch source {
      case .path(let path): "path \(path)"
      case .shapes(let seed, let train, let test): "shapes \(seed) \(train) \(test)"
      }
    // Broken links count as images where unreadable ones are skipped, and are errors elsewhere.
    return place + (unreadable == .skip ? ", unreadable: skip" : "") + readingKey
  }
}
