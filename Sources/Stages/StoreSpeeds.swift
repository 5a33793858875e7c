import ArtifactStore
import Basics
import Definitions
import Engine
import Execution
import Planning
import Results

/// Speeds of networks on this machine, noted in a store: measured by runs, or on request.
///
/// They are separate from the records so that planning need not read thousands of these, and stored by processor,
/// since machines may share a store.
package struct StoreSpeeds: SpeedBook {
  private let store: Store
  private let processor: Processor

  package init(store: Store, processor: Processor = .current) {
    self.store = store
    self.processor = processor
  }

  package func speeds(of network: NetworkDefinition) throws -> [MeasuredSpeed] {
    store.inspection(for: key(network))?.asList?.compactMap(MeasuredSpeed.init) ?? []
  }

  /// Records a speed, replacing an earlier one of the same work. A slower one counts as half the earlier at least: a run on a
  /// busy machine, of which one is enough to be far off, says little about the next, while a slower machine shows soon.
  ///
  /// Two processes that do so at the same time may lose one of the notes, which costs an estimate but no result.
  package func note(_ speed: MeasuredSpeed, of network: NetworkDefinition) throws {
    let known = try speeds(of: network)
    var speed = speed
    if let earlier = known.first(where: { $0.isOfSameWork(as: speed) }),
      earlier.threads == speed.threads
    {
      speed.imagesPerSecond = max(speed.imagesPerSecond, earlier.imagesPerSecond / 2)
    }
    let speeds = [speed] + known.filter { !$0.isOfSameWork(as: speed) }
    try store.setInspection(.list(speeds.map(\.value)), for: key(network))
  }

  package func packingSpeed(of work: PrepareWork) throws -> Double? {
    store.inspection(for: packingKey(work))?.double
  }

  /// What the speed depends on most: how large the images are, and become, and whether they are encoded.
  private func packingKey(_ work: PrepareWork) -> String {
    func size(_ size: DatasetDefinition.Size?) -> Value {
      size.map { [.integer($0.height), .integer($0.width)] } ?? .null
    }
    let kind: Value = [
      "from": size(work.imageSize), "to": size(work.dataset.size),
      "storage": work.dataset.storage.value,
    ]
    return "packing \(kind.json()) \(processor.cores) \(processor.model)"
  }

  private func key(_ network: NetworkDefinition) -> String {
    "speeds \(network.value.fingerprint.hexadecimal) \(processor.cores) \(processor.model)"
  }
}

// MARK: - Measuring

extension StoreSpeeds {
  /// The speed of a finished stage from its record, and its network; `nil` if the record states none.
  static func speed(
    _ record: StageRecord, of stage: PlannedStage
  ) -> (network: NetworkDefinition, speed: MeasuredSpeed)? {
    guard let rate = StageProvenance(of: record).speed?.rate,
      let threads = record.circumstance(.threads)?.asInteger, let use = stage.work.networkUse
    else { return nil }
    return (
      use.network,
      MeasuredSpeed(
        states: use.states, batch: use.batch, imagesPerSecond: rate, threads: threads,
        precision: use.precision)
    )
  }

  /// The images per second of a finished packing from its record; `nil` if the stage packs nothing or states none.
  static func packingSpeed(
    _ record: StageRecord, of stage: PlannedStage
  ) -> (work: PrepareWork, rate: Double)? {
    guard let work = stage.work as? PrepareWork, let rate = StageProvenance(of: record).speed?.rate
    else { return nil }
    return (work, rate)
  }

  /// Records how many images per second were packed.
  package func note(packing rate: Double, of work: PrepareWork) throws {
    let earlier = try packingSpeed(of: work) ?? 0
    try store.setInspection(.number(max(rate, earlier / 2)), for: packingKey(work))
  }

  /// Measures, with random images, the networks of stages to run that were never trained here with their batch size,
  /// and records their speeds: of training with all layers learning, and of inference. The batches are those of runs.
  ///
  /// - Parameters:
  ///   - memory: the machine's memory in bytes; `nil` if it is unknown.
  ///   - progress: called with the name of a stage before its network is measured.
  ///   - refused: called with the name of a stage that takes more memory than there is; it is skipped.
  /// - Throws: `DiagnosticError` if the store cannot be written, or the device cannot be used.
  package func calibrate(
    _ plan: Plan, on device: any Device = ProcessorDevice(), threads: Int, memory: Int?,
    progress: (String) -> Void, refused: (String, DiagnosticError) -> Void
  ) throws {
    for stage in plan.stages where stage.status.isToRun {
      guard let work = stage.work.training,
        try !speeds(of: work.network).contains(where: {
          !$0.states.isEmpty && $0.batch == work.solver.imagesAtOnce
            && $0.precision == work.solver.precision
        })
      else { continue }
      do throws(DiagnosticError) { try stage.requireMemory(of: memory) } catch {
        refused(stage.name, error)
        continue
      }
      progress(stage.name)
      let batch = min(work.solver.imagesAtOnce, work.trainingImages)
      let measured = try EngineBenchmark.measure(
        work.network, on: device, precision: work.solver.precision, batch: batch,
        inferenceBatch: EvaluateWork.batch,
        threads: threads, repetitions: 5)
      // A training run on fewer images than a batch is recorded by its solver's batch all the same.
      try note(
        MeasuredSpeed(
          states: work.layers.map { _ in .learning }, batch: work.solver.imagesAtOnce,
          imagesPerSecond: Double(batch) * 1000 / measured.training.median, threads: threads,
          precision: work.solver.precision),
        of: work.network)
      try note(
        MeasuredSpeed(
          states: [], batch: EvaluateWork.batch,
          imagesPerSecond: Double(EvaluateWork.batch) * 1000 / measured.inference.median,
          threads: threads),
        of: work.network)
    }
  }
}

extension MeasuredSpeed {
  /// Whether both are of one network's training with the same layers learning, or of its inference, with equal batches.
  func isOfSameWork(as other: MeasuredSpeed) -> Bool {
    states == other.states && batch == other.batch && precision == other.precision
  }
}

extension MeasuredSpeed: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "states": .list(states.map { .string($0.rawValue) }), "batch": .integer(batch),
      "images-per-second": .number(imagesPerSecond), "threads": .integer(threads),
    ]
    if precision != .single { entries["precision"] = .string(precision.rawValue) }
    return .map(entries)
  }

  /// Reads the output of `value`; `nil` for anything else.
  init?(_ value: Value) {
    guard let states = value["states"]?.asList, let batch = value["batch"]?.asInteger,
      let rate = value["images-per-second"]?.double, rate.isFinite, rate > 0,
      let threads = value["threads"]?.asInteger
    else { return nil }
    let known = states.compactMap { $0.asString.flatMap(LayerState.init) }
    let precision = value["precision"].map { $0.asString.flatMap(Precision.init) } ?? .single
    guard known.count == states.count, let precision else { return nil }
    self.init(
      states: known, batch: batch, imagesPerSecond: rate, threads: threads, precision: precision)
  }
}
