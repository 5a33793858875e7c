import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results
import Stages
import TestSupport
import Testing

/// Networks measured with changed weights, run for real: layers put back, and lines between networks.
@Suite struct TrialTests {
  private static let trials = smallStudy.replacing(
    "  table: {report:",
    with: """
        again: {train: {network: net, on: halves.B, solver: sgd, seed: 1}}
        layers: {reset: {network: base-B, draws: 2}}
        beginnings: {reset: {network: A2B+, to: initial, statistics: stored}}
        between: {barrier: {between: [base-B, again], points: 5}}
        itself: {barrier: {between: [B2B, B2B+], points: 3, statistics: stored}}
        table: {report:
      """)

  private static let names: Set<String> = ["layers", "beginnings", "between", "itself"]

  private func record(_ stage: String, _ summary: RunSummary) throws -> Value {
    try #require(summary.outcome(of: stage)?.artifact?.record.metrics)
  }

  private func run(
    _ study: Study, _ text: String = trials, threads: Int = 2
  ) async throws -> RunSummary {
    try await study.run(
      study.plan(text, only: Array(Self.names) + ["test-base-B"]), threads: threads)
  }

  @Test func aSecondRunDoesNothingAndOneChangeRunsExactlyWhatReadsIt() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let first = try await run(study)
      #expect(first.isComplete && Set(first.produced).isSuperset(of: Self.names))
      let second = try await run(study)
      #expect(second.produced == [] && second.digests == first.digests)
      let more = try await run(study, Self.trials.replacing("draws: 2", with: "draws: 3"))
      #expect(more.produced == ["layers"])
      let stored = try await run(
        study, Self.trials.replacing("points: 5}", with: "points: 5, statistics: stored}"))
      #expect(stored.produced == ["between"])
      // Defaults written out are the same stage.
      #expect(
        try study.plan(
          Self.trials.replacing(
            "{network: base-B, draws: 2}",
            with:
              "{network: base-B, subset: test, to: [random, initial], draws: 2, seed: 0, statistics: measured}"
          ),
          only: ["layers"]
        ).toRunNames == [])
    }
  }

  @Test(arguments: [1, 3]) func bitsDoNotDependOnThreads(threads: Int) async throws {
    try await withTemporaryFolder { folder in
      let expected = try await run(Study(in: folder.appending("reference")))
      let found = try await run(Study(in: folder.appending("other")), threads: threads)
      for name in Self.names {
        #expect(try record(name, found) == record(name, expected), "\(name)")
      }
    }
  }

  /// Each score, compared with that of a network whose weights are put together here.
  @Test func scoresAreThoseOfTheChangedWeights() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let summary = try await run(study)
      let base = try #require(study.plan(Self.trials).stage("base-B")?.work as? TrainWork)
      let result = try #require(ResetResult(metrics: record("layers", summary)))
      let evaluated = try #require(EvaluationResult(metrics: record("test-base-B", summary)))
      #expect(result.trained.top1 == evaluated.top1)
      // Batches have other sizes, so that losses are added in another order.
      let (loss, other) = (try #require(result.trained.loss), try #require(evaluated.loss))
      #expect(abs(loss - other) < 1e-12 * other)
      #expect(result.layers.map(\.name) == ["conv1", "conv2", "fc3", "fc4"])
      #expect(result.layers.allSatisfy { $0.initial != nil && $0.random.count == 2 })
      // The second draw is another.
      #expect(result.layers.contains { $0.random[0] != $0.random[1] })

      // A layer of a fine-tuned network is put back to what was copied, and batch norms keep their statistics.
      let beginnings = try #require(ResetResult(metrics: record("beginnings", summary)))
      #expect(beginnings.layers.allSatisfy { $0.random.isEmpty })
      let tuned = try study.weights(of: "A2B+", in: summary)
      let source = try study.weights(of: "base-A", in: summary)
      let work = try #require(study.plan(Self.trials).stage("A2B+")?.work as? TrainWork)
      let drawn = try Weights.initial(for: work.network, stream: work.stream)
      for layer in beginnings.layers {
        var weights = tuned
        let start = layer.name.hasPrefix("conv") ? source : drawn
        for parameter in try work.network.parameters()
        where parameter.layer == layer.name && parameter.role != .statistic {
          weights.set(try #require(start[parameter.name]))
        }
        let score = try score(of: weights, work, "A2B+", study, summary)
        #expect(score.top1 == layer.initial?.top1, "\(layer.name)")
        #expect(score.loss == layer.initial?.loss, "\(layer.name)")
      }

      // A quarter of the way between two networks.
      let line = try #require(BarrierResult(metrics: record("itself", summary)))
      let (first, second) = (
        try study.weights(of: "B2B", in: summary), try study.weights(of: "B2B+", in: summary)
      )
      let middle = Weights(
        first.tensors.map { tensor in
          let other = second[tensor.name]?.values ?? []
          return Tensor(
            name: tensor.name, shape: tensor.shape,
            values: zip(tensor.values, other).map { Float((Double($0) + Double($1)) / 2) })
        })
      let own = try #require(study.plan(Self.trials).stage("B2B")?.work as? TrainWork)
      for (point, weights) in zip(line.points, [first, middle, second]) {
        let score = try score(of: weights, own, "B2B", study, summary)
        #expect(score.top1 == point.score.top1 && score.loss == point.score.loss)
      }
      let measured = try #require(BarrierResult(metrics: record("between", summary)))
      #expect(measured.points.map(\.position) == [0, 0.25, 0.5, 0.75, 1])
      #expect(base.network == own.network)
    }
  }

  /// The test accuracy and loss of weights, batch by batch as an evaluation computes them.
  private func score(
    of weights: Weights, _ work: TrainWork, _ stage: String, _ study: Study, _ summary: RunSummary
  ) throws -> TrialScore {
    let packed = try #require(summary.outcome(of: "prepare-shapes")?.artifact?[.packedImages])
    let dataset = try PackedDataset(packed)
    let examples = try dataset.examples(.test, classes: work.classes, holdOut: nil)
    let meanFile = try #require(summary.outcome(of: stage)?.artifact?[.mean])
    let tensor = try #require(Weights(contentsOf: meanFile)["mean"])
    let shape = dataset.shape
    let pixels = shape.height * shape.width
    let mean = MeanImage(
      shape: shape,
      values: (0..<shape.count).map {
        tensor.values[$0 % shape.channels * pixels + $0 / shape.channels]
      })
    let assembler = try BatchAssembler(
      dataset: dataset, mean: mean, preprocessing: work.preprocessing, input: work.network.input)
    let batches = EvaluationBatches(examples: examples, assembler: assembler, batchSize: 7)
    let net = try Net(work.network, for: .inference, maximumBatch: 7, threads: 1)
    try net.load(weights)
    var batch = batches.makeBatch()
    var loss = 0.0
    var correct = 0
    for index in 0..<batches.count {
      try batches.fill(&batch, index: index)
      let images = Array(batch.images.prefix(batch.count * work.network.input.count))
      let scores = net.evaluate(images: images, labels: Array(batch.labels.prefix(batch.count)))
      for value in scores.losses { loss += value }
      correct += scores.correct(among: 1)
    }
    return TrialScore(
      images: examples.count, top1: Double(correct) / Double(examples.count),
      loss: loss / Double(examples.count))
  }

  /// With the network's own weights, measured statistics are those that an epoch of training would leave.
  @Test func measuredStatisticsAreThoseOfTheChangedNetwork() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let measured = try await run(study)
      let stored = try await run(
        study,
        Self.trials.replacing(
          "{network: base-B, draws: 2}", with: "{network: base-B, draws: 2, statistics: stored}")
      )
      let (with, without) = (
        try #require(ResetResult(metrics: record("layers", measured))),
        try #require(ResetResult(metrics: record("layers", stored)))
      )
      #expect(with.trained.top1 == without.trained.top1)
      // Batches have other sizes, so that losses are added in another order.
      let (loss, other) = (try #require(with.trained.loss), try #require(without.trained.loss))
      #expect(abs(loss - other) < 1e-12 * other)
      // The norm is in the first layer: with its weights put back, its statistics are far off.
      #expect(with.layers[0].initial != without.layers[0].initial)
    }
  }

  @Test func layersDrawnLikeTheSourceHaveItsMeanAndVariance() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = smallStudy.replacing(
        "layers: {first 2: freeze, rest: initialize}",
        with:
          "layers: {conv1: {random: {distribution: source}}, conv2: {initialize: {distribution: source}}, rest: initialize}"
      )
      #expect(text != smallStudy)
      let summary = try await study.run(study.plan(text, only: ["A2B", "test-A2B"]))
      #expect(summary.isComplete)
      let source = try study.weights(of: "base-A", in: summary)
      let made = try study.weights(of: "A2B", in: summary)
      func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
        let mean = values.map(Double.init).reduce(0, +) / Double(values.count)
        let variance =
          values.map { (Double($0) - mean) * (Double($0) - mean) }.reduce(0, +)
          / Double(values.count)
        return (mean, variance.squareRoot())
      }
      // 450 weights, frozen: their sample moments are near those drawn from.
      let (theirs, own) = (
        moments(try #require(source["conv1.weight"]).values),
        moments(try #require(made["conv1.weight"]).values)
      )
      #expect(made["conv1.weight"] != source["conv1.weight"])
      #expect(abs(own.mean - theirs.mean) < 4 * theirs.deviation / 450.0.squareRoot())
      #expect(abs(own.deviation / theirs.deviation - 1) < 4 / 900.0.squareRoot())

      let path = try #require(summary.outcome(of: "A2B")?.artifact?[LoadReport.file])
      let report = try LoadReport(contents: LocalFileSystem().read(path))
      let parameters = Dictionary(uniqueKeysWithValues: report.parameters.map { ($0.name, $0) })
      let weight = try #require(parameters["conv1.weight"])
      #expect(weight.origin == .initialized && weight.state == .frozen)
      #expect(weight.initializer?["mean"]?.double == theirs.mean)
      #expect(weight.initializer?["deviation"]?.double == theirs.deviation)
      // Running statistics are not imitated, and neither is what has its own initializer.
      #expect(parameters["conv1.norm.running_var"]?.initializer?["constant"]?.double == 1)
      #expect(parameters["fc3.weight"]?.initializer?["mean"] == nil)
      guard case .stage("base-A", _)? = report.source else {
        Issue.record("the source is named")
        return
      }

      // It is a treatment of its own, and a change of the distribution runs it again.
      let plan = try study.plan(text, only: ["test-A2B"])
      #expect(plan.toRunNames == [])
      let plain = text.replacing("{random: {distribution: source}}", with: "random")
      #expect(try study.plan(plain, only: ["test-A2B"]).toRunNames == ["A2B", "test-A2B"])
    }
  }

  @Test func aNetworkWhoseLayersAreAllDrawnLikeTheSourceIsNoBase() throws {
    try withTemporaryFolder { folder in
      let text = smallStudy.replacing(
        "layers: {first 2: fine-tune, rest: initialize}",
        with: "layers: {rest: {initialize: {distribution: source}}}")
      let plan = try Study(in: folder).plan(text)
      let entry = try #require(plan.stage("test-A2B+")?.work.evaluation?.design)
      #expect(entry.kind == .other && entry.source == "A")
    }
  }
}
