import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning

/// The loop of a training: batches in, steps made, metrics kept.
struct Training {
  let net: any TrainableNetwork
  let work: TrainWork
  let batches: TrainingBatches
  let time: any TimeSource
  private var validation: Validation?
  private(set) var series = MetricSeries()
  /// Of all steps, with their batches, without measurements between them.
  private(set) var speed = StageSpeed(images: 0, seconds: 0)

  /// Steps in all.
  var length: Int { work.solver.length.iterations(perEpoch: batches.batchesPerEpoch) }

  /// Progress is told so many seconds apart.
  private static let progressInterval = 0.1

  /// A training's series has about so many points.
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

  /// Trains from the first step to the last.
  ///
  /// - Throws: `StageStopped`; `DiagnosticError` where the loss stops being a number.
  mutating func run(in context: StageContext) throws {
    let length = length
    let interval = max(1, length / Training.points)
    let prefetcher = try BatchPrefetcher(batches, iterations: 0..<length)
    var batch = batches.makeBatch()
    var window = MetricWindow()
    let started = time.now
    var lastTold = started
    var imagesSinceTold = 0
    for iteration in 0..<length {
      if context.shouldStop() { throw StageStopped() }
      prefetcher.next(&batch)
      let rate = work.solver.rate.rate(
        at: iteration, perEpoch: batches.batchesPerEpoch, length: length)
      let result = net.step(
        images: batch.filledImages, labels: batch.filledLabels, rate: rate, iteration: iteration)
      guard result.loss.isFinite else { throw divergence(at: iteration, rate: rate, result.loss) }
      window.add(result, images: batch.count)
      if (iteration + 1) % interval == 0 || iteration + 1 == length {
        series.points.append(
          window.point(
            iteration: iteration + 1,
            epoch: Double(iteration + 1) / Double(batches.batchesPerEpoch), rate: rate))
        window = MetricWindow()
      }
      imagesSinceTold += batch.count
      speed.images += batch.count
      let measuring = time.now
      if try measure(after: iteration + 1, in: context) {
        lastTold = time.now
        imagesSinceTold = 0
        speed.seconds -= lastTold - measuring
      }
      let now = time.now
      if now - lastTold >= Training.progressInterval || iteration + 1 == length {
        let recent = window.images > 0 ? window : nil
        let last = series.points.last
        context.progress(
          StageProgress(
            completed: iteration + 1, total: length, unit: "iterations",
            loss: recent?.loss ?? last?.loss, accuracy: recent?.accuracy ?? last?.accuracy,
            imagesPerSecond: now > lastTold ? Double(imagesSinceTold) / (now - lastTold) : nil))
        lastTold = now
        imagesSinceTold = 0
      }
    }
    speed.seconds += time.now - started
  }

  /// Measures where it is time to; whether it was.
  private mutating func measure(after steps: Int, in context: StageContext) throws -> Bool {
    let perEpoch = batches.batchesPerEpoch
    guard var current = validation,
      current.isDue(after: steps, perEpoch: perEpoch, length: length)
    else { return false }
    try current.measure(
      net, iteration: steps, epoch: Double(steps) / Double(perEpoch), in: context)
    series.measurements = current.measurements
    validation = current
    return true
  }

  private func divergence(at iteration: Int, rate: Double, _ loss: Double) -> DiagnosticError {
    DiagnosticError(
      "the loss became \(loss) at iteration \(iteration + 1) of \(length), at rate \(rate)",
      notes: [.init("a smaller rate, a warm-up or other initial weights may help")])
  }
}

extension ImageBatch {
  /// The images that are there: all but in an epoch's last batch, without a copy.
  var filledImages: [Float] {
    count == capacity ? images : Array(images.prefix(images.count / capacity * count))
  }

  var filledLabels: [Int32] { count == capacity ? labels : Array(labels.prefix(count)) }
}
