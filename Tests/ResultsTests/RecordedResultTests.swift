import ArtifactStore
import Basics
import Definitions
import Results
import Testing

/// Results in the records of stages: read as written, and rejected if anything has a different form.
@Suite struct RecordedResultTests {
  private func record(
    metrics: Value = [:], provenance: Value = [:], settings: Value = [:], inputs: [String] = []
  ) -> StageRecord {
    var all = settings.asMap ?? [:]
    all["subset"] = "validation"
    return StageRecord(
      fingerprint: Fingerprint(of: "s"), stage: "base", pipeline: "p", kind: "train", revision: 1,
      settings: .map(all),
      inputs: Dictionary(uniqueKeysWithValues: inputs.map { ($0, Fingerprint(of: $0)) }),
      outputs: [:], metrics: metrics, provenance: provenance, started: 0, seconds: 0)
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

  @Test func resets() throws {
    func score(_ top1: Double, _ loss: Double?) -> TrialScore {
      TrialScore(images: 40, top1: top1, loss: loss)
    }
    let result = ResetResult(
      trained: score(0.75, 0.5),
      layers: [
        .init(name: "conv1", initial: score(0.5, 1.25), random: [score(0.25, 2), score(0.5, nil)]),
        .init(name: "fc2"),
      ])
    #expect(
      result.metrics == [
        "images": 40, "trained": ["top1": 0.75, "loss": 0.5],
        "layers": [
          [
            "layer": "conv1", "initial": ["top1": 0.5, "loss": 1.25],
            "random": [["top1": 0.25, "loss": 2.0], ["top1": 0.5, "loss": .null]],
          ], ["layer": "fc2"],
        ],
      ])
    #expect(try ResetResult(of: record(metrics: result.metrics)) == result)
    #expect(result.layers[0].randomTop1 == 0.375 && result.layers[1].randomTop1 == nil)
    #expect(TrialScore(images: 1, top1: 0, loss: .infinity).loss == nil)
    #expect(
      result.words(in: record(metrics: result.metrics)) == [
        "trained: top-1 75.0 %, loss 0.5000 on 40 validation images",
        "conv1  initial weights 50.0 %, random weights 37.5 % (25.0–50.0, 2 draws)", "fc2    ",
      ])
    refusesDamaged(result)
  }

  @Test func comparisons() throws {
    let comparison = Comparison(
      images: 40, first: ["conv1", "fc2", "fc3"], second: ["conv1", "fc3"],
      cka: [[0.5, 0.25], [nil, nil], [0.125, 1]], svcca: nil,
      weights: [.init(layer: "conv1", distance: 2, relative: 0.5, cosine: nil)])
    #expect(
      comparison.value == [
        "format": 1, "images": 40, "first": ["conv1", "fc2", "fc3"], "second": ["conv1", "fc3"],
        "cka": [[0.5, 0.25], [.null, .null], [0.125, 1.0]],
        "weights": [["layer": "conv1", "distance": 2.0, "relative": 0.5, "cosine": .null]],
      ])
    #expect(try Comparison(contents: comparison.contents) == comparison)
    for (key, odd) in [
      ("cka", [[0.5, 0.25]]), ("cka", [[0.5], [0.5], [0.5]]), ("first", 3), ("second", .null),
      ("weights", [["layer": "conv1"]]), ("images", -1), ("svcca", "nan"),
    ] as [(String, Value)] {
      var entries = comparison.value.asMap ?? [:]
      entries[key] = odd
      let bytes = Array(Value.map(entries).json().utf8)
      #expect(throws: DiagnosticError.self) { try Comparison(contents: bytes) }
    }
    let result = ComparisonResult(comparison)
    #expect(
      result.metrics == [
        "images": 40,
        "layers": [
          ["layer": "conv1", "cka": 0.5, "relative": 0.5], ["layer": "fc3", "cka": 1.0],
        ],
      ])
    #expect(try ComparisonResult(of: record(metrics: result.metrics)) == result)
    #expect(
      result.words(in: record(metrics: result.metrics)) == [
        // The record has one input.
        "compared on 40 validation images: initial weights, and as trained",
        "conv1  CKA 0.500, weights 50.0 % apart", "fc3    CKA 1.000",
      ])
    #expect(
      result.words(in: record(metrics: result.metrics, inputs: ["first", "second"])).first
        == "compared on 40 validation images")
    refusesDamaged(result, optional: ["images"])
  }

  @Test func barriers() throws {
    func point(_ position: Double, _ loss: Double?, _ top1: Double) -> BarrierResult.Point {
      .init(position: position, score: TrialScore(images: 40, top1: top1, loss: loss))
    }
    let points = [point(0, 1, 0.5), point(0.25, 2, 0.25), point(0.5, 2.5, 0.75), point(1, 2, 1)]
    let result = try #require(BarrierResult(points))
    // Above the lines from 1 to 2 and from 0.5 to 1: 0.75 and 1 of loss; 0.375 of accuracy.
    #expect(result.loss == .init(height: 1, position: 0.5))
    #expect(result.accuracy == .init(height: 0.375, position: 0.25))
    #expect(result.metrics["loss-barrier"] == 1.0 && result.metrics["accuracy-barrier"] == 0.375)
    #expect(try BarrierResult(of: record(metrics: result.metrics)) == result)
    #expect(
      result.words(in: record(metrics: result.metrics)).first
        == "loss barrier 1.0000 at 0.50, accuracy barrier 37.5 points at 0.25 on 40 validation images"
    )
    for (statistics, network) in [
      ("measured", "first network, with statistics measured again"), ("kept", "first network"),
    ] {
      let words = result.words(
        in: record(
          metrics: result.metrics, settings: ["statistics": .string(statistics)]))
      #expect(words[1] == "\(network): top-1 50.0 %, loss 1.0000")
    }
    for key in ["images", "points"] {
      for odd in [nil, .list([.list([])])] as [Value?] {
        var entries = result.metrics.asMap ?? [:]
        entries[key] = odd
        #expect(BarrierResult(metrics: .map(entries)) == nil, "\(key)")
      }
    }
    // No barrier where nothing is above the line, and none that is known where a loss is not finite.
    #expect(try #require(BarrierResult([point(0, 1, 1), point(1, 2, 1)])).loss?.height == 0)
    let diverged = try #require(
      BarrierResult([point(0, 1, 1), point(0.5, nil, 0), point(1, 1, 1)]))
    #expect(diverged.loss == nil && diverged.accuracy?.height == 1)
    #expect(BarrierResult([point(0, 1, 1)]) == nil)
    #expect(BarrierResult([point(1, 1, 1), point(0, 1, 1)]) == nil)
  }

  @Test func features() throws {
    let result = FeaturesResult(
      images: 20, layers: [.init(name: "conv1", values: 64)], isFinite: true)
    #expect(
      result.metrics == [
        "images": 20, "layers": [["name": "conv1", "values": 64]], "finite": true,
      ])
    #expect(try FeaturesResult(of: record(metrics: result.metrics)) == result)
    #expect(
      result.words(in: record()) == ["activations of 20 validation images: conv1 (64)"])
    refusesDamaged(result)
  }

  @Test func pictures() throws {
    let result = PicturesResult(images: 20, layers: ["conv1"])
    #expect(result.metrics == ["images": 20, "layers": ["conv1"]])
    #expect(try PicturesResult(of: record(metrics: result.metrics)) == result)
    refusesDamaged(result)
  }

  @Test func probes() throws {
    let result = ProbeResult(
      fitted: 50, images: 20,
      rows: [
        .init(
          layer: "conv1", classifier: "logistic", accuracy: 0.5, heldOut: 0.25, decay: 0.01,
          isConverged: true),
        .init(
          layer: "conv1", classifier: "5 nearest", accuracy: 0.75, heldOut: nil, decay: nil,
          isConverged: false),
      ])
    #expect(
      result.metrics == [
        "fitted": 50, "images": 20,
        "probes": [
          [
            "layer": "conv1", "classifier": "logistic", "accuracy": 0.5, "held-out": 0.25,
            "decay": 0.01, "converged": true,
          ],
          ["layer": "conv1", "classifier": "5 nearest", "accuracy": 0.75, "converged": false],
        ],
      ])
    #expect(try ProbeResult(of: record(metrics: result.metrics)) == result)
    #expect(
      result.words(in: record()) == [
        "logistic, % of 20 images: conv1 50.0", "5 nearest, % of 20 images: conv1 75.0",
        "not converged: 5 nearest on conv1",
      ])
    refusesDamaged(result)
  }

  @Test func scores() throws {
    let result = ScoreResult(
      images: 20,
      rows: [
        .init(measure: .logme, layer: "conv1", value: -0.25),
        .init(measure: .nce, layer: nil, value: -1),
      ])
    #expect(
      result.metrics == [
        "images": 20,
        "scores": [
          ["measure": "logme", "layer": "conv1", "value": -0.25],
          ["measure": "nce", "value": -1.0],
        ],
      ])
    #expect(try ScoreResult(of: record(metrics: result.metrics)) == result)
    #expect(
      result.words(in: record()) == [
        "LogME on 20 images: conv1 -0.2500", "NCE on 20 images: -1.0000",
      ])
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
