import ArtifactStore
import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results
import SystemPackage

/// Runs `train` and `transfer` stages: training is a transfer that copies nothing.
package struct TrainRunner: StageRunner {
  private let checkpointInterval: Double
  private let checked = CheckedActivations()
  private let device: any Device
  private let time: any TimeSource

  /// The default number of seconds between checkpoints of a training run.
  package static let usualCheckpointInterval = 60.0

  /// - Parameters:
  ///   - checkpointInterval: seconds between checkpoints of a training run.
  ///   - device: creates networks.
  package init(
    checkpointInterval: Double = usualCheckpointInterval,
    device: any Device = ProcessorDevice(),
    time: any TimeSource = SystemTimeSource()
  ) {
    self.checkpointInterval = checkpointInterval
    self.device = device
    self.time = time
  }

  package func run(
    _ work: TrainWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    try work.data.withImages { try train(work, of: stage, in: context) }
  }

  private func train(
    _ work: TrainWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let (dataset, all) = try context.dataset(of: work.data) { dataset in
      try dataset.examples(.train, classes: work.classes, holdOut: work.holdOut)
    }
    let examples = work.limit.map { all.limited(by: $0, classes: work.classes) } ?? all
    // All of them may have been skipped as unreadable.
    guard examples.count > 0 else {
      throw DiagnosticError("there are no training images of the task's classes")
    }
    let mean = try mean(work, of: examples, in: dataset, context)
    let assembler = try BatchAssembler(
      dataset: dataset, mean: mean, preprocessing: work.preprocessing, input: work.network.input,
      threads: TrainRunner.decodingThreads(of: context.threads))

    let measured = try work.validation.map { try Validation.examples($0, work, in: dataset) } ?? []
    let batch = min(work.solver.imagesAtOnce, examples.count)
    let (net, frozen, loadReport, inputs) = try setUp(
      work, stage.prefixReuse, examples: [examples] + measured, dataset: dataset, mean: mean,
      assembler: assembler, batch: batch, threads: context.threads(for: stage.cost, batch: batch),
      in: context)
    var training = Training(
      net: net, work: work,
      batches: TrainingBatches(
        examples: examples, assembler: inputs.sources[0], batchSize: work.solver.batch,
        stream: work.stream),
      validation: work.validation.map {
        Validation(
          $0, sources: Array(zip(measured, inputs.sources.dropFirst()).map { ($0, $1) }),
          batch: batch)
      }, time: time)
    var checkpoints = TrainingCheckpoints(
      stage, work, perEpoch: training.batches.batchesPerEpoch, length: training.length,
      interval: checkpointInterval, in: context, time: time)
    let earlier = try checkpoints.furthestState()
    if let earlier { try training.resume(from: earlier.state) }
    try training.run(in: context, writing: &checkpoints)

    let weights = training.weights
    try work.checkFrozen(frozen, after: weights)
    try weights.checkFinite(after: training.steps.count)
    var product = try product(
      work, weights: weights, mean: mean, training: training, loadReport: loadReport, in: context)
    var provenance = StageProvenance(engine: try device.provenance())
    provenance.speed = inputs.speed(of: training.speed)
    provenance.frozenPrefix = inputs.prefixUse
    provenance.checkpoints = checkpoints.written
    provenance.continuation = (earlier?.checkpoint).map { ResumedFrom($0) }
    product.provenance = provenance.value
    product.read = checkpoints.read
    if !inputs.digests.isEmpty { product.read["activations"] = inputs.digests }
    product.end = checkpoints.end
    return product
  }

  /// The threads that decode the next batch while the others train: one decodes as fast as four train even small
  /// networks.
  private static func decodingThreads(of threads: Int) -> Int { max(1, threads / 4) }

  /// Creates the net and sets its initial weights.
  ///
  /// - Parameters:
  ///   - reuse: how the plan uses the activations of frozen layers.
  ///   - examples: the images trained on, and those of each measured subset.
  ///   - threads: those of the net.
  /// - Returns: the net, the weights of the frozen layers (keeping all weights would double the memory of the
  ///   network), the origin of each weight, and the inputs of the net.
  private func setUp(
    _ work: TrainWork, _ reuse: PrefixReuse?, examples: [Examples], dataset: PackedDataset,
    mean: MeanImage, assembler: BatchAssembler, batch: Int, threads: Int, in context: StageContext
  ) throws -> (net: any TrainableNetwork, frozen: Weights, LoadReport, TrainingInputs) {
    let starting = try StartingWeights(of: work, in: context)
    let start = starting.values
    let inputs = try TrainingInputs.chosen(
      for: examples, reuse, images: assembler, unless: context.stop, warn: context.warn
    ) { reuse in
      try PrefixActivations(
        reuse, work, weights: start, dataset: dataset, mean: mean, assembler: assembler,
        checked: checked, on: device, in: context, interval: checkpointInterval, time: time)
    }
    let net: any TrainableNetwork =
      if let prefix = inputs.prefix {
        try HeadNetwork(
          work, after: prefix, on: device, maximumBatch: batch, threads: threads)
      } else {
        try device.makeNetwork(
          work.network, for: work.netPurpose, maximumBatch: batch, threads: threads)
      }
    context.warnOfMissingThreads(of: net, wanted: threads)
    try net.load(start)
    net.holdSource()
    let frozen = Set(work.layers.filter { $0.verb.state == .frozen }.map(\.layer))
    let names = try work.network.parameters().filter { frozen.contains($0.layer) }.map(\.name)
    return (net, Weights(names.compactMap { start[$0] }), starting.report, inputs)
  }

  /// The mean that is subtracted from images: computed, or the source's.
  private func mean(
    _ work: TrainWork, of examples: Examples, in dataset: PackedDataset, _ context: StageContext
  ) throws -> MeanImage {
    guard work.mean == .source else {
      let normalization = work.preprocessing.normalization
      if let computed = try MeanImage(
        normalization, of: examples.images, in: dataset, threads: context.threads,
        unless: context.stop)
      {
        return computed
      }
      guard let file = normalization.file else {
        throw DiagnosticError("there is no mean to subtract")
      }
      return try MeanImage(file, of: dataset.shape, on: context.fileSystem, unless: context.stop)
    }
    guard let copied = work.copied else {
      throw DiagnosticError("the mean is to be copied, but the stage has no source")
    }
    let mean = try context.read(.mean, of: copied) {
      try MeanImage(Weights(contentsOf: $0, on: context.fileSystem))
    }
    guard mean.shape == dataset.shape else {
      throw DiagnosticError(
        "the source's mean image is \(mean.shape), but these images are \(dataset.shape)",
        notes: [.init("give both datasets one 'size', or leave out 'mean: source'")])
    }
    return mean
  }

  private func product(
    _ work: TrainWork, weights: Weights, mean: MeanImage, training: Training,
    loadReport: LoadReport, in context: StageContext
  ) throws -> StageProduct {
    let fileSystem = context.fileSystem
    var files: [String: FilePath] = [:]
    func place(_ file: ArtifactFile) -> FilePath {
      let path = context.workspace.appending(file.name)
      files[file.name] = path
      return path
    }
    func write<Result: ResultFile>(_ result: Result) throws {
      try fileSystem.draft(result.contents, at: place(Result.file))
    }
    try weights.write(to: place(.weights), on: fileSystem)
    // Weights that are not the last are no state to resume from.
    for buffer in work.endsWithLastWeights ? training.net.stateBuffers : [] {
      try training.net.state(buffer).write(to: place(.state(buffer)), on: fileSystem)
    }
    try fileSystem.draft(training.steps.bytes, at: place(.steps))
    try mean.weights.write(to: place(.mean), on: fileSystem)
    try write(training.series)
    try write(loadReport)
    if !training.measurements.isEmpty { try write(Measurements(training.measurements)) }
    let last = training.series.points.last
    return StageProduct(
      files: files,
      metrics: TrainingResult(
        iterations: training.steps.count, loss: last?.loss, accuracy: last?.accuracy,
        kept: training.keptIteration,
        planned: training.steps.count < training.length ? training.length : nil
      ).metrics)
  }
}

extension TrainWork {
  /// The purpose of a net that trains.
  var netPurpose: NetworkPurpose { .training(layers, solver, stream: stream.stream(for: "train")) }

  /// Checks that training left frozen parameters unchanged, bit for bit.
  ///
  /// - Throws: `DiagnosticError` if not, since the result would not be what the plan says.
  func checkFrozen(_ frozen: Weights, after: Weights) throws {
    for old in frozen.tensors {
      let new = after[old.name]?.values ?? []
      let same =
        old.values.count == new.count
        && zip(old.values, new).allSatisfy { $0.bitPattern == $1.bitPattern }
      guard same else {
        throw DiagnosticError("training has changed '\(old.name)', which is frozen")
      }
    }
  }
}
