import ArtifactStore
import Basics
import Engine
import Execution
import Planning
import Results
import Stages
import SystemPackage
import TestSupport
import Testing

/// Asks a run to stop once a stage has made so many steps.
private struct Stopper: ExecutionObserver {
  let stop = StopSignal()
  let stage: String
  let steps: Int

  func receive(_ event: ExecutionEvent, at time: Double) {
    guard case .stageProgress(stage, let progress) = event, progress.completed >= steps else {
      return
    }
    stop.request()
  }
}

/// Stories of trainings that are interrupted, or longer than others.
@Suite struct CheckpointTests {
  private static let study = smallStudy.replacing(
    "params: {", with: "params: {epochs: 4, momentum: 0.9, "
  )
  .replacing(
    "batch: 16, epochs: 2, momentum: 0.9",
    with: "batch: 16, epochs: \"${epochs}\", momentum: \"${momentum}\""
  )
  .replacing(
    "on: \"halves.${task}\", solver: sgd",
    with: "on: \"halves.${task}\", solver: sgd, validate: {every: 3 iterations, subset: test}")

  /// With a clock on which much time passes between two looks, every step is told and every state is
  /// written down.
  private func hasty() -> TrainRunner {
    TrainRunner(checkpointInterval: 1, time: TickingTimeSource(step: 200))
  }

  private func stopped(
    _ study: Study, _ plan: Plan, stage: String, after steps: Int
  ) async throws -> RunSummary {
    let stopper = Stopper(stage: stage, steps: steps)
    return try await study.run(
      plan, training: hasty(), stop: stopper.stop, observer: stopper)
  }

  private func continued(_ stage: String, _ summary: RunSummary) -> Value? {
    summary.outcome(of: stage)?.artifact?.record.provenance["continued"]
  }

  // Five classes of twelve images in batches of 16: four steps an epoch, sixteen in all.
  @Test(arguments: [1, 3, 4, 10, 15])
  func anInterruptedTrainingGoesOnAndEndsWithTheSameBits(steps: Int) async throws {
    try await withTemporaryFolder { folder in
      let whole = Study(in: folder.appending("whole"))
      let expected = try await whole.run(whole.plan(Self.study, only: ["test-B2B+"]))
      let study = Study(in: folder.appending("cut"))
      let cut = try await stopped(
        study, study.plan(Self.study, only: ["test-B2B+"]), stage: "base-B", after: steps)
      #expect(cut.wasStopped)
      let plan = try study.plan(Self.study, only: ["test-B2B+"])
      let continuation = try #require(plan.stage("base-B")?.continuation)
      #expect(continuation.stage == "base-B" && continuation.iteration == steps)
      #expect(continuation.isInterrupted)
      #expect(plan.text.contains("resumes from iteration \(steps)"))
      let found = try await study.run(plan, threads: 1)
      #expect(found.isComplete)
      #expect(found.digests == expected.digests)
      #expect(continued("base-B", found)?["iteration"] == .integer(steps))
      // What was written on the way is of no more use.
      let trajectory = try #require(plan.stage("base-B")?.trajectory)
      #expect(try study.store.checkpoints(on: trajectory).map(\.origin) == [.finished])
    }
  }

  /// Adam's steps depend on their number, and it remembers two buffers.
  @Test(arguments: ["adamw", "adam", "nesterov", "pytorch-sgd", "pytorch-nesterov"])
  func everyRuleEndsWithTheSameBits(rule: String) async throws {
    let isAdam = rule.hasPrefix("adam")
    let text = smallStudy.replacing(
      "momentum: 0.9, decay",
      with: "rule: \(rule), \(isAdam ? "betas: [0.8, 0.95]" : "momentum: 0.9"), decay")
    try await withTemporaryFolder { folder in
      let whole = Study(in: folder.appending("whole"))
      let expected = try await whole.run(whole.plan(text, only: ["B2B+"]), threads: 1)
      #expect(expected.isComplete)
      let study = Study(in: folder.appending("cut"))
      let cut = try await stopped(
        study, study.plan(text, only: ["B2B+"]), stage: "base-B", after: 5)
      #expect(cut.wasStopped)
      let plan = try study.plan(text, only: ["B2B+"])
      let continuation = try #require(plan.stage("base-B")?.continuation)
      #expect(continuation.iteration == 5)
      let trajectory = try #require(plan.stage("base-B")?.trajectory)
      let checkpoint = try #require(try study.store.checkpoints(on: trajectory).first)
      let names = Set(try LocalFileSystem().names(in: checkpoint.path))
      let buffers = isAdam ? ["first-moment", "second-moment"] : ["momentum"]
      #expect(names.isSuperset(of: buffers.map { "\($0).safetensors" }))
      let found = try await study.run(plan)
      #expect(found.isComplete && found.digests == expected.digests)
    }
  }

  /// The best weights are those of a training run that ended where they were measured; interruptions change nothing.
  @Test func theBestWeightsAreKept() async throws {
    func text(_ length: String, _ validate: String) -> String {
      smallStudy.replacing(
        "epochs: 2, momentum: 0.9, decay: 0.0005, rate: \"${rate}\"",
        with: "\(length), momentum: 0.9, rate: 0.02"
      )
      .replacing(
        "augment: {mirror: true}", with: "augment: {mirror: true}\n    hold-out: {per-class: 3}"
      )
      .replacing(
        "on: \"halves.${task}\", solver: sgd",
        with: "on: \"halves.${task}\", solver: sgd\(validate)")
    }
    let best = text("epochs: 6", ", validate: {every: 1 iteration, keep: best}")
    try await withTemporaryFolder { folder in
      let whole = Study(in: folder.appending("whole"))
      let expected = try await whole.run(whole.plan(best, only: ["base-A"]))
      let artifact = try #require(expected.outcome(of: "base-A")?.artifact)
      let path = try #require(artifact[Measurements.file])
      let measured = try Measurements(contents: LocalFileSystem().read(path)).all
      #expect(measured.count == 18)
      let top = try #require(measured.map(\.top1).max())
      let first = try #require(measured.first { $0.top1 == top })
      let result = try #require(TrainingResult(metrics: artifact.record.metrics))
      #expect(result.iterations == 18)
      #expect(result.kept == (first.iteration == 18 ? nil : first.iteration))
      // No longer run continues from weights that are not the last.
      #expect(artifact[.state("momentum")] == nil)

      let short = Study(in: folder.appending("short"))
      let shorter = try await short.run(
        short.plan(text("iterations: \(first.iteration)", ""), only: ["base-A"]))
      let weights = try short.weights(of: "base-A", in: shorter)
      #expect(try whole.weights(of: "base-A", in: expected).names == weights.names)
      #expect(
        artifact.digest(of: .weights)
          == shorter.outcome(of: "base-A")?.artifact?.digest(of: .weights))

      for steps in [2, first.iteration, 17] {
        let study = Study(in: folder.appending("cut-\(steps)"))
        let cut = try await stopped(
          study, study.plan(best, only: ["base-A"]), stage: "base-A", after: steps)
        #expect(cut.wasStopped)
        let plan = try study.plan(best, only: ["base-A"])
        #expect(plan.stage("base-A")?.continuation?.iteration == steps)
        let found = try await study.run(plan, threads: 1)
        #expect(found.isComplete && found.digests == expected.digests)
      }
      // A longer run of the same kind begins at the beginning: its measurements are others.
      let longer = try whole.plan(
        text("epochs: 7", ", validate: {every: 1 iteration, keep: best}"), only: ["base-A"])
      #expect(longer.stage("base-A")?.continuation == nil)
    }
  }

  /// Averaged weights are the mean of what shorter runs end with, but for the statistics of batch norms, which are
  /// measured again.
  @Test(arguments: [true, false]) func weightsAreAveraged(hasNorm: Bool) async throws {
    func text(_ solver: String) -> String {
      smallStudy.replacing("batch-norm, ", with: hasNorm ? "batch-norm, " : "").replacing(
        "epochs: 2, momentum: 0.9, decay: 0.0005, rate: \"${rate}\"",
        with: "momentum: 0.9, rate: 0.02, \(solver)")
    }
    try await withTemporaryFolder { folder in
      let plain = Study(in: folder.appending("plain"))
      let two = try await plain.run(plain.plan(text("epochs: 2"), only: ["base-A"]))
      let first = try plain.weights(of: "base-A", in: two)
      let three = try await plain.run(plain.plan(text("epochs: 3"), only: ["base-A"]))
      let second = try plain.weights(of: "base-A", in: three)
      let whole = Study(in: folder.appending("whole"))
      let averaged = text("epochs: 3, average: 2 epochs")
      let summary = try await whole.run(whole.plan(averaged, only: ["test-base-A"]))
      #expect(summary.isComplete)
      let found = try whole.weights(of: "base-A", in: summary)
      for tensor in found.tensors {
        let one = try #require(first[tensor.name]), other = try #require(second[tensor.name])
        let mean = zip(one.values, other.values).map { $0 + ($1 - $0) * 0.5 }
        let isStatistic = tensor.name.contains("running_")
        #expect((tensor.values == mean) != isStatistic, "\(tensor.name)")
        let isFinite = tensor.values.allSatisfy { $0.isFinite }
        #expect(isFinite)
      }
      // Twelve steps, of which those after the eighth and the twelfth are averaged.
      for steps in [3, 8, 10, 11] {
        let study = Study(in: folder.appending("cut-\(steps)"))
        let cut = try await stopped(
          study, study.plan(averaged, only: ["test-base-A"]), stage: "base-A", after: steps)
        #expect(cut.wasStopped)
        let again = try await study.run(study.plan(averaged, only: ["test-base-A"]), threads: 1)
        #expect(again.isComplete && again.digests == summary.digests)
      }
    }
  }

  /// Weights that hardly move are never better than at first.
  @Test func trainingStopsWhenItNoLongerImproves() async throws {
    let text = smallStudy.replacing("batch-norm, ", with: "")
      .replacing("decay: 0.0005, rate: \"${rate}\"", with: "rate: 1e-12")
      .replacing(
        "augment: {mirror: true}", with: "augment: {mirror: true}\n    hold-out: {per-class: 3}"
      )
      .replacing(
        "on: \"halves.${task}\", solver: sgd",
        with: "on: \"halves.${task}\", solver: sgd, validate: {every: 1 iteration, patience: 2}")
    try await withTemporaryFolder { folder in
      let study = Study(in: folder.appending("whole"))
      let summary = try await study.run(study.plan(text, only: ["test-base-A"]))
      #expect(summary.isComplete)
      let artifact = try #require(summary.outcome(of: "base-A")?.artifact)
      let result = try #require(TrainingResult(metrics: artifact.record.metrics))
      #expect(result.iterations == 3 && result.planned == 6 && result.kept == nil)
      #expect(result.words(in: artifact.record).contains { $0.contains("stopped early") })
      let again = try study.plan(text, only: ["test-base-A"])
      #expect(again.stages.allSatisfy { $0.status == .cached })
      // Stopped on request after the last step, before or after its measurement: it does not train on.
      let other = Study(in: folder.appending("cut"))
      let cut = try await stopped(
        other, other.plan(text, only: ["base-A"]), stage: "base-A", after: 2)
      #expect(cut.wasStopped)
      let found = try await other.run(other.plan(text, only: ["base-A"]))
      #expect(found.outcome(of: "base-A")?.artifact?.record.outputs == artifact.record.outputs)
    }
  }

  static let augmentations = [
    "[random-resized-crop: {scale: [0.3, 1]}, mirror, rotate: 20, "
      + "color-jitter: {brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1}, "
      + "grayscale: 0.2, rand-augment, cutout: 8, mixup: 0.2]",
    "[mirror, rand-augment: {operations: 3, magnitude: 20}, random-crop: {padding: 4}, "
      + "rotate: 180, color-jitter: {hue: 0.5}, grayscale: 0.5, cutout: 12, cutmix, mixup]",
  ]

  /// What is drawn for an image depends on neither threads nor interruptions.
  @Test(arguments: augmentations) func everyAugmentationEndsWithTheSameBits(steps: String)
    async throws
  {
    let text = smallStudy.replacing("augment: {mirror: true}", with: "augment: \(steps)")
    try await withTemporaryFolder { folder in
      let whole = Study(in: folder.appending("whole"))
      let expected = try await whole.run(whole.plan(text, only: ["B2B+"]), threads: 1)
      #expect(expected.isComplete)
      let plain = Study(in: folder.appending("plain"))
      let other = try await plain.run(plain.plan(smallStudy, only: ["B2B+"]), threads: 1)
      #expect(other.digests != expected.digests)
      let study = Study(in: folder.appending("cut"))
      let cut = try await stopped(
        study, study.plan(text, only: ["B2B+"]), stage: "base-B", after: 5)
      #expect(cut.wasStopped)
      let plan = try study.plan(text, only: ["B2B+"])
      #expect(plan.stage("base-B")?.continuation?.iteration == 5)
      let found = try await study.run(plan, threads: 2)
      #expect(found.isComplete && found.digests == expected.digests)
    }
  }

  @Test func aLongerTrainingContinuesAShorterOne() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder.appending("store"))
      let first = try await study.run(study.plan(Self.study, only: ["base-A"]))
      let longer = [(key: "epochs", value: "7")]
      let plan = try study.plan(Self.study, settings: longer, only: ["base-A"])
      #expect(plan.text.contains("continues base-A from iteration 16"))
      #expect(plan.stage("base-A")?.continuation?.isInterrupted == false)
      // Three of seven epochs of 60 images are left to pay for.
      #expect(plan.stage("base-A")?.cost?.images == 3 * 60)
      let found = try await study.run(plan)
      #expect(continued("base-A", found)?["iteration"] == .integer(16))
      let short = try #require(first.outcome(of: "base-A")?.artifact?.record)
      let role = StageRecord.stateRole(of: short.fingerprint)
      #expect(
        found.outcome(of: "base-A")?.artifact?.record.read?[role]
          == short.outputs.mapValues(\.digest))

      let scratch = Study(in: folder.appending("scratch"))
      let expected = try await scratch.run(
        scratch.plan(Self.study, settings: longer, only: ["base-A"]))
      #expect(continued("base-A", expected) == nil)
      #expect(found.digests == expected.digests)

      // One training serves all lengths beyond it, and none before.
      let ten = try study.plan(Self.study, settings: [("epochs", "10")], only: ["base-A"])
      #expect(ten.stage("base-A")?.continuation?.iteration == 28)
      let two = try study.plan(Self.study, settings: [("epochs", "2")], only: ["base-A"])
      #expect(two.stage("base-A")?.continuation == nil)
    }
  }

  /// A run that resumes from its own state has not forgotten the shorter training before it.
  @Test func whatATrainingContinuesIsKnownAfterAnInterruption() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let first = try await study.run(study.plan(Self.study, only: ["base-A"]))
      let longer = [(key: "epochs", value: "7")]
      let cut = try await stopped(
        study, study.plan(Self.study, settings: longer, only: ["base-A"]), stage: "base-A",
        after: 20)
      #expect(cut.wasStopped)
      let found = try await study.run(
        study.plan(Self.study, settings: longer, only: ["base-A"]))
      #expect((continued("base-A", found)?["iteration"]?.asInteger ?? 0) > 16)
      let short = try #require(first.outcome(of: "base-A")?.artifact?.record)
      #expect(
        found.outcome(of: "base-A")?.artifact?.record.read?[
          StageRecord.stateRole(of: short.fingerprint)] == short.outputs.mapValues(\.digest))
    }
  }

  @Test func anotherMomentumOrScheduleBeginsAtTheBeginning() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      _ = try await study.run(study.plan(Self.study, only: ["base-A"]))
      func continuation(_ settings: [(key: String, value: String)], _ text: String = Self.study)
        throws -> Continuation?
      {
        try study.plan(text, settings: settings, only: ["base-A"]).stage("base-A")?.continuation
      }
      #expect(try continuation([("epochs", "7"), ("momentum", "0.8")]) == nil)
      #expect(try continuation([("epochs", "7"), ("rate", "0.02")]) == nil)
      func scheduled(_ rate: String) -> String {
        Self.study.replacing("rate: \"${rate}\"", with: "rate: {start: \"${rate}\", \(rate)}")
      }
      // A step that comes after the shorter training's end changes nothing before it.
      #expect(
        try continuation([("epochs", "7")], scheduled("step: {every: 4 epochs, by: 0.1}"))?
          .iteration == 16)
      #expect(
        try continuation([("epochs", "7")], scheduled("step: {every: 3 epochs, by: 0.1}")) == nil)
      #expect(try continuation([("epochs", "7")], scheduled("cosine: {end: 0}")) == nil)
    }
  }

  @Test func damagedStatesAreNotUsed() async throws {
    try await withTemporaryFolder { folder in
      let whole = Study(in: folder.appending("whole"))
      let expected = try await whole.run(whole.plan(Self.study, only: ["base-A"]))
      for file in ["weights.safetensors", "momentum.safetensors", "steps.bin", "checkpoint.json"] {
        let study = Study(in: folder.appending(file))
        let plan = try study.plan(Self.study, only: ["base-A"])
        _ = try await stopped(study, plan, stage: "base-A", after: 6)
        let trajectory = try #require(plan.stage("base-A")?.trajectory)
        let checkpoint = try #require(try study.store.checkpoints(on: trajectory).first)
        let path = checkpoint.path.appending(file)
        let system = LocalFileSystem()
        var bytes = try system.read(path)
        bytes[bytes.count / 2] ^= 1
        try system.remove(path)
        try system.write(bytes, to: path)
        let warnings = Warnings()
        let found = try await study.run(
          study.plan(Self.study, only: ["base-A"]), observer: warnings)
        // Of a state whose own description cannot be read, nothing is known that could be told.
        #expect(
          warnings.messages.contains { $0.contains("at iteration 6 is damaged") }
            || file == "checkpoint.json", "\(file): \(warnings.messages)")
        #expect(continued("base-A", found) == nil, "\(file)")
        #expect(found.digests == expected.digests, "\(file)")
      }
    }
  }

  /// As it may be imported: training would go on from it, and diverge in every run.
  @Test(arguments: ["weights.safetensors", "momentum.safetensors", "steps.bin"])
  func statesWithRightDigestsAndValuesThatAreNotFiniteAreNotUsed(file: String) async throws {
    try await withTemporaryFolder { folder in
      let whole = Study(in: folder.appending("whole"))
      let expected = try await whole.run(whole.plan(Self.study, only: ["base-A"]))
      let study = Study(in: folder.appending("cut"))
      let plan = try study.plan(Self.study, only: ["base-A"])
      _ = try await stopped(study, plan, stage: "base-A", after: 6)
      let trajectory = try #require(plan.stage("base-A")?.trajectory)
      let checkpoint = try #require(try study.store.checkpoints(on: trajectory).first)
      let system = LocalFileSystem()
      let path = checkpoint.path.appending(file)
      let content: FileDigest
      if file == "steps.bin" {
        var bytes = try system.read(path)
        withUnsafeBytes(of: Double.nan) { bytes.replaceSubrange(..<8, with: $0) }
        try system.remove(path)
        try system.write(bytes, to: path)
        content = try system.digest(of: path)
      } else {
        content = try replaceValues(of: path, by: .nan)
      }
      let index = checkpoint.path.appending("checkpoint.json")
      var note = try #require(Value(sealed: try system.read(index))?.asMap)
      var files = try #require(note["files"]?.asMap)
      files[file] = [
        "digest": .string(content.digest.hexadecimal), "size": .integer(content.size),
      ]
      note["files"] = .map(files)
      try system.write(Value.map(note).sealed, to: index)
      let found = try await study.run(study.plan(Self.study, only: ["base-A"]))
      #expect(continued("base-A", found) == nil)
      #expect(found.digests == expected.digests)
    }
  }

  @Test func layersWithRightDigestsAndValuesThatAreNotFiniteAreMadeAnew() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let expected = try await study.run(study.plan(smallStudy, only: ["B2B+"]))
      let system = LocalFileSystem()
      let artifact = try #require(expected.outcome(of: "base-B")?.artifact)
      var record = artifact.record
      let copy = folder.appending("copy")
      try system.write(system.read(try #require(artifact.files["weights.safetensors"])), to: copy)
      let content = try replaceValues(of: copy, by: .infinity)
      let path = study.store.objectPath(content.digest)
      try system.makeFolder(path.removingLastComponent())
      try system.move(copy, to: path)
      record.outputs["weights.safetensors"] = StoredObject(
        digest: content.digest, size: content.size)
      try system.remove(study.store.recordPath(record.fingerprint))
      try system.write(record.json(), to: study.store.recordPath(record.fingerprint))
      let transfer = try #require(expected.outcome(of: "B2B+")?.artifact)
      try study.store.removeRecord(for: transfer.record.fingerprint)
      let found = try await study.run(study.plan(smallStudy, only: ["B2B+"]))
      #expect(found.isComplete)
      #expect(found.digests == expected.digests)
    }
  }

  /// Replaces the first value of each tensor; returns the digest of the file afterwards.
  private func replaceValues(of path: FilePath, by value: Float) throws -> FileDigest {
    var weights = try Weights(contentsOf: path)
    for var tensor in weights.tensors {
      tensor.values[0] = value
      weights.set(tensor)
    }
    try LocalFileSystem().remove(path)
    return try weights.write(to: path)
  }

  /// The files of a state, as every version has written them: what the update rule remembers is a file of each
  /// buffer's name, a tensor for each learning parameter.
  @Test func aStateIsMadeOfTheFilesThatItAlwaysWas() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan(Self.study, only: ["base-A"])
      _ = try await stopped(study, plan, stage: "base-A", after: 6)
      let trajectory = try #require(plan.stage("base-A")?.trajectory)
      let checkpoint = try #require(try study.store.checkpoints(on: trajectory).first)
      #expect(
        try LocalFileSystem().names(in: checkpoint.path).sorted() == [
          "checkpoint.json", "measurements.json", "momentum.safetensors", "steps.bin",
          "weights.safetensors",
        ])
      let weights = try Weights(contentsOf: checkpoint.path.appending("weights.safetensors"))
      let momentum = try Weights(contentsOf: checkpoint.path.appending("momentum.safetensors"))
      let learning = weights.tensors.filter { !$0.name.contains("running_") }
      #expect(momentum.names == learning.map(\.name) && momentum.names.count == 10)
      #expect(momentum.tensors.map(\.shape) == learning.map(\.shape))
      #expect(momentum["fc4.weight"]?.values.contains { $0 != 0 } == true)
    }
  }

  /// A parameter that does not learn has no place in what the update rule remembers.
  @Test func aStateWithAParameterOfRateZeroIsResumed() async throws {
    try await withTemporaryFolder { folder in
      let text = Self.study.replacing("dense: 16", with: "dense: {units: 16, bias-rate: 0}")
      let whole = Study(in: folder.appending("whole"))
      let expected = try await whole.run(whole.plan(text, only: ["base-A"]))
      let study = Study(in: folder.appending("cut"))
      _ = try await stopped(study, study.plan(text, only: ["base-A"]), stage: "base-A", after: 6)
      let found = try await study.run(study.plan(text, only: ["base-A"]))
      #expect(continued("base-A", found)?["iteration"] == 6)
      #expect(found.digests == expected.digests)
      let report = try found.outcome(of: "base-A")?.artifact?.result(
        LoadReport.self, from: LocalFileSystem())
      func parameter(_ name: String) -> LoadReport.Parameter? {
        report?.parameters.first { $0.name == name }
      }
      let bias = try #require(parameter("fc3.bias"))
      #expect(bias.state == .frozen && bias.rate == 0 && bias.decay == 0)
      let weight = try #require(parameter("fc3.weight"))
      #expect(weight.state == .learning && weight.rate == 1 && weight.decay == 1)
      // Running statistics move, without a rate.
      let mean = try #require(parameter("conv1.norm.running_mean"))
      #expect(mean.state == .learning && mean.rate == 0 && mean.decay == 0)
    }
  }

  @Test func forcedStagesBeginAtTheBeginning() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      _ = try await stopped(
        study, study.plan(Self.study, only: ["base-A"]), stage: "base-A", after: 6)
      let forced = try study.plan(Self.study, only: ["base-A"], forced: ["base-A"])
      #expect(forced.stage("base-A")?.continuation == nil)
      let summary = try await study.run(forced)
      #expect(summary.isComplete && continued("base-A", summary) == nil)
    }
  }
}
