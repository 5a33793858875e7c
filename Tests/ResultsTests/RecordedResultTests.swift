import ArtifactStore
import Basics
import Definitions
import Results
import Testing

/// Results in the records of stages: read as written, and rejected if anything has a different form.
@Suite struct RecordedResultTests {
  private func record(metrics: Value = [:], provenance: Value = [:]) -> StageRecord {
    StageRecord(
      fingerprint: Fingerprint(of: "s"), stage: "base", pipeline: "p", kind: "train", revision: 1,
      settings: ["subset": "validation"], inputs: [:], outputs: [:], metrics: metrics,
      provenance: provenance, started: 0, seconds: 0)
  }

  /// Each entry, in turn, missing or of another type.
  private func refusesDamaged<Result: RecordedResult>(
    _ result: Result, optional: Set<String> = []
  ) {
    let whole = result.metrics.asMap ?? [:]
    for key in whole.keys {
      for odd in [nil, .list([.list([])])] as [Value?] where odd != nil || !optional.contains(key) {
        var entries = whole
        entries[key] = odd
        #expect(Result(metrics: .map(entries)) == nil, "\(key)")
        #expect(throws: DiagnosticError.self) { try Result(of: record(metrics: .map(entries))) }
      }
    }
  }

  @Test func trainings() throws {
    let result = TrainingResult(iterations: 20, loss: 0.5, accuracy: 0.75)
    #expect(result.metrics == ["iterations": 20, "loss": 0.5, "accuracy": 0.75])
    #expect(try TrainingResult(of: record(metrics: result.metrics)) == result)
    let none = TrainingResult(iterations: 0, loss: nil, accuracy: nil)
    #expect(none.metrics == ["iterations": 0, "loss": .null, "accuracy": .null])
    #expect(TrainingResult(metrics: none.metrics) == none)
    refusesDamaged(result)
  }

  @Test func preparations() throws {
    let result = PackedSummary(
      classes: ["a", "b"], trainCounts: [3, 4], testCounts: [1, 2], channels: 3, height: 32,
      width: 24, skipped: ["train/a/odd.png"], skippedTraining: 1, reasons: ["it is empty"],
      passedOver: ["train/b/Thumbs.db"])
    #expect(
      result.metrics == [
        "classes": ["a", "b"], "train": [3, 4], "test": [1, 2], "channels": 3, "height": 32,
        "width": 24, "skipped": ["train/a/odd.png"], "skipped-training": 1,
        "reasons": ["it is empty"], "passed-over": ["train/b/Thumbs.db"], "traits": [:],
      ])
    #expect(try PackedSummary(of: record(metrics: result.metrics)) == result)
    refusesDamaged(result, optional: ["skipped-training", "reasons", "passed-over", "traits"])
    var fewer = result.metrics.asMap ?? [:]
    fewer["test"] = [1]
    #expect(PackedSummary(metrics: .map(fewer)) == nil)
  }

  @Test func whatIsToBeKnownOfAPreparation() throws {
    var result = PackedSummary(
      classes: ["a", "b"], trainCounts: [3, 4], testCounts: [1, 2], channels: 3, height: 32,
      width: 24, skipped: [])
    #expect(result.remarks.isEmpty && result.skippedText == nil)
    result.skipped = ["train/a/1", "train/a/2", "train/b/1", "test/a/1"]
    #expect(result.skippedText == "4 of 14 images skipped")
    result.skippedTraining = 3
    result.reasons = ["it is empty", "it is text, not JPEG or PNG", "it is empty", "it is empty"]
    result.passedOver = ["train/a/Thumbs.db"]
    result.traits = [.gamma: 2, .orientation: 1, .turned: 3]
    #expect(result.skippedText == "4 of 14 images skipped (3 for training, 1 for testing)")
    #expect(
      result.remarks == [
        "4 of 14 images skipped (3 for training, 1 for testing): 'train/a/1': it is empty; "
          + "'train/a/2': it is text, not JPEG or PNG; 'train/b/1': it is empty; …",
        "1 file ignored (system files and notes): 'train/a/Thumbs.db'",
        "1 image with an EXIF orientation other than upright, which is ignored",
        "3 images turned upright, as their EXIF orientation says",
        "2 images with a gamma of their own, converted to sRGB",
      ])
    #expect(PackedSummary(metrics: result.metrics) == result)
    for (key, odd) in [
      ("skipped-training", "x"), ("reasons", [1]),
      ("traits", ["gamma": -1]),
      ("traits", ["odd": 1]), ("passed-over", "x"),
    ] as [(String, Value)] {
      var entries = result.metrics.asMap ?? [:]
      entries[key] = odd
      #expect(PackedSummary(metrics: .map(entries)) == nil, "\(key)")
    }
  }

  @Test func evaluations() throws {
    var result = EvaluationResult(
      images: 8, top1: 0.625, top5: 1, loss: .infinity, didNotTrain: true)
    #expect(
      result.metrics == [
        "images": 8, "top1": 0.625, "top5": 1.0, "loss": .number(.infinity), "did-not-train": true,
      ])
    #expect(EvaluationResult(metrics: result.metrics) == result)
    result.score = EvaluationResult.Score(value: 0.5, rule: "mean of last 2", selectedOn: nil)
    #expect(try EvaluationResult(of: record(metrics: result.metrics)) == result)
    result.score?.selectedOn = .test
    #expect(result.metrics["selected-on"] == "test")
    #expect(EvaluationResult(metrics: result.metrics) == result)
    #expect(record().measuredSubset == .validation)
    refusesDamaged(result, optional: ["score", "selected-on"])
  }

  /// A record is written as JSON, which has no infinity and distinguishes whole numbers from others.
  @Test func evaluationsSurviveTheRecordsText() throws {
    let result = EvaluationResult(images: 8, top1: 1, top5: 1, loss: .infinity, didNotTrain: false)
    let read = try Value(json: result.metrics.json())
    #expect(EvaluationResult(metrics: read) == result)
  }

  // MARK: - Provenance

  @Test func provenanceHasWhatThereIsToTell() throws {
    let engine: Value = ["blas": "OpenBLAS", "blas-core": "Zen", "kernels": "avx2", "numerics": 3]
    var provenance = StageProvenance(engine: engine)
    #expect(provenance.value == engine)
    provenance.speed = StageSpeed(images: 0, seconds: 0)
    provenance.checkpoints = CheckpointCost()
    #expect(provenance.value == engine)
    provenance.speed = StageSpeed(images: 300, seconds: 2)
    provenance.checkpoints = CheckpointCost(count: 2, seconds: 0.5)
    provenance.frozenPrefix = .kept(
      after: "conv1", operations: 2, computed: StageSpeed(images: 10, seconds: 1))
    provenance.continuation = ResumedFrom(
      Checkpoint(
        mark: TrainingMark(iteration: 7, perEpoch: 3, rates: Fingerprint(of: "rates")),
        fingerprint: Fingerprint(of: "short"), stage: "short", origin: .finished, path: "c"))
    var expected = engine.asMap ?? [:]
    expected["speed"] = ["images": 300, "seconds": 2.0, "images-per-second": 150.0]
    expected["checkpoints"] = ["count": 2, "seconds": 0.5]
    expected["continued"] = [
      "stage": "short", "iteration": 7,
      "fingerprint": .string(Fingerprint(of: "short").hexadecimal),
    ]
    expected["frozen-prefix"] = [
      "after": "conv1", "operations": 2, "computed-images": 10, "seconds": 1.0,
    ]
    #expect(provenance.value == .map(expected))
    #expect(StageProvenance(of: record(provenance: provenance.value)) == provenance)
    provenance.frozenPrefix = .notKept("the disk is full")
    #expect(provenance.value["frozen-prefix"] == ["not-kept": "the disk is full"])
    #expect(StageProvenance(of: record(provenance: provenance.value)) == provenance)
  }

  @Test func whatARecordDoesNotTellIsNil() {
    let odd: Value = [
      "speed": ["images": "many"], "checkpoints": 3, "continued": ["stage": "a"],
      "frozen-prefix": [:], "cambium": "1.0", "threads": 4,
    ]
    let read = StageProvenance(of: record(provenance: odd))
    #expect(read == StageProvenance(engine: [:]))
    #expect(record(provenance: odd).circumstance(.cambium) == "1.0")
    #expect(record(provenance: odd).circumstance(.threads) == 4)
    #expect(record(provenance: odd).circumstance(.blas) == nil)
  }
}
