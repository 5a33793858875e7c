import ArtifactStore
import Basics
import Definitions
import Results

/// Finds the stages that first packed the images of prepare stages.
///
/// What is trained and measured depends on the packed images, not on how they were wrapped: another archive, an option
/// without effect. A prepare stage whose file an earlier one has packed before is represented by that one.
struct PreparedOriginals {
  /// The stage that first packed some images.
  struct Original {
    var fingerprint: Fingerprint
    var settings: Value
    /// Whether that is only assumed: the images are still to be packed.
    var isAssumed = false
  }

  private let pipeline: String
  private let history: any StageHistory
  /// Earlier prepare stages; read when first needed.
  private var known: [StageRecord]?

  init(pipeline: String, history: any StageHistory) {
    self.pipeline = pipeline
    self.history = history
  }

  /// The original of a prepare stage.
  ///
  /// If it has not run, and an earlier one may have packed the same images, it is assumed that one has: the one of the same
  /// name if possible, otherwise the first.
  ///
  /// - Throws: `DiagnosticError` if earlier runs cannot be read.
  mutating func original(
    of stage: DraftedStage, _ work: PrepareWork, _ facts: DatasetFacts
  ) throws -> Original {
    let own = Original(fingerprint: stage.fingerprint, settings: stage.settings)
    if let known = try history.original(of: stage.fingerprint) {
      return known == stage.fingerprint ? own : try original(known, otherwise: own)
    }
    guard !work.isAssumed else { return own }
    let similar = try records().filter {
      $0.fingerprint != stage.fingerprint && PreparedOriginals.mayEqual($0, stage, work, facts)
    }
    guard !similar.isEmpty else { return own }
    var assumed = own
    let latest = try history.latestFingerprint(of: stage.name, in: pipeline)
    // A stage whose own result was removed packs the same images again.
    if latest != stage.fingerprint {
      let first = similar.min {
        ($0.started, $0.fingerprint.hexadecimal) < ($1.started, $1.fingerprint.hexadecimal)
      }
      if let chosen = similar.first(where: { $0.fingerprint == latest }) ?? first {
        let fingerprint = try history.original(of: chosen.fingerprint) ?? chosen.fingerprint
        assumed = try original(fingerprint, otherwise: own)
      }
    }
    assumed.isAssumed = true
    return assumed
  }

  private func original(_ fingerprint: Fingerprint, otherwise own: Original) throws -> Original {
    Original(
      fingerprint: fingerprint,
      settings: try history.record(for: fingerprint)?.settings ?? own.settings)
  }

  private mutating func records() throws -> [StageRecord] {
    if let known { return known }
    let found = try history.records(of: .prepare)
    known = found
    return found
  }

  /// Whether an earlier prepare stage may have packed the images that a stage is to pack, as far as their classes, numbers
  /// and sizes tell.
  private static func mayEqual(
    _ record: StageRecord, _ stage: DraftedStage, _ work: PrepareWork, _ facts: DatasetFacts
  ) -> Bool {
    guard let packed = PackedSummary(metrics: record.metrics),
      packed.channels == work.dataset.channels,
      record.settings[PrepareWork.storageSetting] == stage.settings[PrepareWork.storageSetting],
      packed.classes.count == facts.classes.count
    else { return false }
    if let size = work.dataset.size {
      guard size == packed.size else { return false }
    } else if let size = facts.imageSize {
      // A photograph may be stored turned.
      guard size == packed.size || size == packed.size.turned else { return false }
    }
    let counts = Dictionary(
      zip(packed.classes, zip(packed.trainCounts, packed.testCounts)),
      uniquingKeysWith: { first, _ in first })
    let skips = work.dataset.unreadable == .skip
    return facts.classes.indices.allSatisfy { index in
      guard let (train, test) = counts[facts.classes[index]] else { return false }
      let (allTrain, allTest) = (facts.trainingImages[index], facts.testImages[index])
      return skips ? train <= allTrain && test <= allTest : train == allTrain && test == allTest
    }
  }
}

extension PackedSummary {
  fileprivate var size: DatasetDefinition.Size { .init(height: height, width: width) }
}

extension DatasetDefinition.Size {
  fileprivate var turned: Self { Self(height: width, width: height) }
}
