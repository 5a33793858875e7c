import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results

/// The training loop: reads batches, makes steps, records metrics.
struct Training {
  let net: any TrainableNetwork
  let work: TrainWork
  let batches: TrainingBatches
  let time: any TimeSource
  private var validation: Validation?
  /// The mean of weights so far, if the solver averages them.
  private var average: WeightsAverage?
  /// Points so far.
  private var points: [MetricSeries.Point] = []
  private(set) var steps = StepLog()
  /// Steps since the last point of the series.
  private var window = MetricWindow()
  /// The speed of all steps including their batches, without measurements.
  private(set) var speed = StageSpeed()

  /// Measurements during training, in order.
  var measurements: [Measurement] { validation?.measurements ?? [] }

  var series: MetricSeries { MetricSeries(points: points, measurements: measurements) }

  /// The weights that training ends with.
  var weights: Weights { average?.weights ?? validation?.kept ?? net.weights() }

  /// What a checkpoint keeps beside the weights after the last step.
  private var kept: Weights? { average?.weights ?? validation?.kept }

  /// The steps after which the kept weights were measured; `nil` if they are the last.
  var keptIteration: Int? {
    guard validation?.kept != nil, let best = validation?.best, best.iteration != steps.count
    else { return nil }
    return best.iteration
  }

  private var isPatienceOver: Bool { validation?.isPatienceOver ?? false }

  /// The total number of steps, unless training stops early.
  var length: Int { work.solver.length.iterations(perEpoch: batches.batchesPerEpoch) }

  /// Seconds between progress reports.
  private static let progressInterval = 0.1

  /// The approximate number of points in the series of a training run.
  private static let points = 200

  init(
    net: any TrainableNetwork, work: TrainWork, batches: TrainingBatches,
    validation: Validation? = nil, time: any TimeSource
  ) {
    self.net = net
    self.work = work
    self.batches = batches
    self.validation = validation
    self.time = time
  }

  /// Continues from the state of another training run on the same trajectory.
  ///
  /// - Throws: `DiagnosticError` if the state does not belong to this network.
  mutating func resume(from state: TrainingState) throws {
    try net.load(state.weights)
    for (buffer, values) in state.buffers { try net.load(values, asState: buffer) }
    for step in state.steps.steps {
      note(StepResult(loss: step.loss, correct: step.correct), images: step.images)
    }
    let (perEpoch, length) = (batches.batchesPerEpoch, length)
    validation?.resume(
      state.measurements, kept: state.kept, perEpoch: perEpoch, length: length)
    let averaged = work.solver.averaged(after: steps.count, perEpoch: perEpoch, length: length)
    if let kept = state.kept, averaged > 0 { average = WeightsAverage(kept, count: averaged) }
  }

  /// Trains to the last step, from the first or from the resumed state; writes checkpoints in between, and when it is
  /// asked to stop.
  ///
  /// - Throws: `Interrupted`; `DiagnosticError` if the loss becomes non-finite.
  mutating func run(
    in context: StageContext, writing checkpoints: inout TrainingCheckpoints
  ) throws {
    do {
      try runSteps(in: context, writing: &checkpoints)
      try finishAverage(in: context)
      // Training that stops early need not stop at a point of the series.
      if window.images > 0 { addPoint() }
    } catch is Interrupted {
      if steps.count > 0 {
        try checkpoints.write(
          net, kept: kept, steps: steps, measurements: measurements, isLast: true)
      }
      throw Interrupted()
    }
  }

  /// Records the result of a step.
  private mutating func note(_ result: StepResult, images: Int) {
    steps.add(result, images: images)
    window.add(result, images: images)
    let (count, length) = (steps.count, length)
    guard count % max(1, length / Training.points) == 0 || count == length else { return }
    addPoint()
  }

  /// Adds the steps since the last point to the series.
  private mutating func addPoint() {
    let (count, length, perEpoch) = (steps.count, length, batches.batchesPerEpoch)
    let rate = work.solver.rate.rate(at: count - 1, perEpoch: perEpoch, length: length)
    points.append(
      window.point(iteration: count, epoch: Double(count) / Double(perEpoch), rate: rate))
    window = MetricWindow()
  }

  private mutating func runSteps(
    in context: StageContext, writing checkpoints: inout TrainingCheckpoints
  ) throws {
    let length = length
    let first = steps.count
    // An interruption may have occurred between a step and its measurement, or between that and the end.
    if first > 0, validation?.measurements.contains(where: { $0.iteration == first }) == false {
      _ = try measure(after: first, in: context)
    }
    if isPatienceOver { return }
    let prefetcher = try BatchPrefetcher(batches, iterations: first..<length)
    var batch = batches.makeBatch()
    let started = time.now
    var lastTold = started
    var imagesSinceTold = 0
    for iteration in first..<length {
      if context.shouldStop() { throw Interrupted() }
      try prefetcher.next(&batch)
      let rate = work.solver.rate.rate(
        at: iteration, perEpoch: batches.batchesPerEpoch, length: length)
      let result = net.step(
        images: batch.filledImages, targets: batch.filledTargets, rate: rate, iteration: iteration)
      guard result.loss.isFinite else { throw divergence(at: iteration, rate: rate, result.loss) }
      note(result, images: batch.count)
      addToAverage()
      imagesSinceTold += batch.count
      speed.images += batch.count
      let measuring = time.now
      let isMeasured = try measure(after: iteration + 1, in: context)
      if isMeasured {
        // The speed is that of training alone.
        let duration = time.now - measuring
        lastTold += duration
        speed.seconds -= duration
      }
      if iteration + 1 < length, checkpoints.isDue(after: iteration + 1) {
        let writing = time.now
        try checkpoints.write(
          net, kept: kept, steps: steps, measurements: measurements)
        speed.seconds -= time.now - writing
      }
      let now = time.now
      if now - lastTold >= Training.progressInterval || iteration + 1 == length || isMeasured {
        let recent = window.images > 0 ? window : nil
        let last = points.last
        context.progress(
          StageProgress(
            completed: iteration + 1, total: length, unit: "iterations",
            loss: recent?.loss ?? last?.loss, accuracy: recent?.accuracy ?? last?.accuracy,
            imagesPerSecond: now > lastTold ? Double(imagesSinceTold) / (now - lastTold) : nil,
            rate: rate, measured: validation?.latest ?? [:],
            measuredAt: validation?.latestIteration))
        lastTold = now
        imagesSinceTold = 0
      }
      if isMeasured, isPatienceOver { break }
    }
    speed.seconds += time.now - started
  }

  /// Adds the weights after the last step to the average if they are part of it.
  private mutating func addToAverage() {
    let (perEpoch, length) = (batches.batchesPerEpoch, length)
    let count = work.solver.averaged(after: steps.count, perEpoch: perEpoch, length: length)
    guard count > average?.count ?? 0 else { return }
    let weights = net.weights()
    if average == nil { average = WeightsAverage(weights) } else { average?.add(weights) }
  }

  /// Measures the statistics of batch norms again: those of averaged weights are not the average of theirs. They are
  /// the mean over the batches of one more epoch.
  private mutating func finishAverage(in context: StageContext) throws {
    guard let average, try work.network.parameters().contains(where: { $0.role == .statistic })
    else { return }
    let last = net.weights()
    try net.load(average.weights)
    var batches = batches
    var batch = batches.makeBatch()
    // The next whole epoch.
    let perEpoch = batches.batchesPerEpoch
    let first = (length + perEpoch - 1) / perEpoch * perEpoch
    for index in 0..<perEpoch {
      if context.shouldStop() {
        try net.load(last)
        throw Interrupted()
      }
      try batches.fill(&batch, iteration: first + index)
      net.measureStatistics(images: batch.filledImages, batch: index, iteration: first + index)
    }
    self.average = WeightsAverage(net.weights(), count: average.count)
  }

  /// Measures if it is due; returns whether it was.
  private mutating func measure(after steps: Int, in context: StageContext) throws -> Bool {
    let perEpoch = batches.batchesPerEpoch
    guard var current = validation,
      current.isDue(after: steps, perEpoch: perEpoch, length: length)
    else { return false }
    try current.measure(
      net, iteration: steps, epoch: Double(steps) / Double(perEpoch), in: context)
    validation = current
    return true
  }

  private func divergence(at iteration: Int, rate: Double, _ loss: Double) -> DiagnosticError {
    DiagnosticError(
      "the loss became \(loss) at iteration \(iteration + 1) of \(length), at rate \(rate)",
      notes: [.init("a smaller rate, a warm-up or other initial weights may help")],
      cause: .diverged(iteration: iteration + 1))
  }
}

extension ImageBatch {
  /// The images present: all except in an epoch's last batch, without a copy.
  var filledImages: [Float] {
    count == capacity ? images : Array(images.prefix(images.count / capacity * count))
  }

  var filledTargets: BatchTargets {
    BatchTargets(labels: filledLabels, others: others, shares: shares)
  }

  var filledLabels: [Int32] { count == capacity ? labels : Array(labels.prefix(count)) }
}
