import Basics
import Datasets
import Execution
import Planning
import Results

/// Runs `prepare` stages: decodes a dataset once and packs it, resuming after an interruption.
package struct PrepareRunner: StageRunner {
  private let checkpointInterval: Double
  private let time: any TimeSource
  /// Shared by all stages that prepare at the same time.
  private let memory: DecodingMemory

  /// The memory for preparing, in addition to the images being decoded: those of two portions, packed and encoded, and the
  /// program itself.
  private static let memoryBesides = 128 << 20

  /// - Parameters:
  ///   - checkpointInterval: seconds of work that an interruption may lose.
  ///   - memory: the memory in bytes that stages may use; `nil` for no limit.
  package init(
    checkpointInterval: Double = TrainRunner.usualCheckpointInterval, memory: Int? = nil,
    time: any TimeSource = SystemTimeSource()
  ) {
    self.checkpointInterval = checkpointInterval
    self.memory = DecodingMemory(
      limit: memory.map { max($0 / 2, $0 - PrepareRunner.memoryBesides) })
    self.time = time
  }

  package func run(
    _ work: PrepareWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    try context.fileSystem.makeFolder(context.unfinished)
    let file = context.unfinished.appending(ArtifactFile.packedImages.name)
    // The plan may be hours old, and packing takes a while. The content stored under the planned fingerprint must be
    // the planned content, before and after. As in planning, content is not read again if the stamps of its files are the same.
    let before = try work.dataset.inspect(
      known: context.store.inspection(of: work.dataset), unless: context.stop)
    guard before.summary.digest == work.content else { throw changed("since the plan was made") }
    let pace = PackingPace(time)
    let packed = try work.dataset.pack(
      into: file, threads: context.threads, memory: memory, interval: checkpointInterval,
      time: time, on: context.fileSystem,
      progress: { completed, total in
        pace.note(completed)
        context.progress(StageProgress(completed: completed, total: total, unit: "images"))
      },
      unless: context.stop)
    let after = try work.dataset.inspect(known: before, unless: context.stop)
    guard after.stamp.looks(like: before.stamp), after.summary == before.summary else {
      throw changed("while it was read")
    }
    var provenance = StageProvenance(engine: [:])
    provenance.speed = pace.speed
    var product = StageProduct(
      files: [ArtifactFile.packedImages.name: file], metrics: packed.summary.metrics,
      provenance: provenance.value)
    product.contents[ArtifactFile.packedImages.name] = packed.content
    return product
  }

  private func changed(_ when: String) -> DiagnosticError {
    DiagnosticError(
      "the dataset has changed \(when)",
      notes: [.init("run again to plan with its current content")])
  }
}

/// How fast images are packed, from the first report to the last: what an earlier run has packed does not count.
private final class PackingPace: Sendable {
  private struct Reports {
    var first: (images: Int, at: Double)?
    var last: (images: Int, at: Double)?
  }

  private let time: any TimeSource
  private let reports = Guarded(Reports())

  init(_ time: any TimeSource) { self.time = time }

  func note(_ images: Int) {
    let now = time.now
    reports.withLock { reports in
      reports.first = reports.first ?? (images, now)
      reports.last = (images, now)
    }
  }

  /// `nil` if there was one report only.
  var speed: StageSpeed? {
    reports.withLock { reports in
      guard let first = reports.first, let last = reports.last, last.images > first.images,
        last.at > first.at
      else { return nil }
      return StageSpeed(images: last.images - first.images, seconds: last.at - first.at)
    }
  }
}

extension StageContext {
  /// The prepared dataset that a stage reads, and the images it selects.
  func dataset<Choice>(
    of input: StageInput, _ choose: (PackedDataset) throws -> Choice
  ) throws -> (PackedDataset, Choice) {
    try read(.packedImages, of: input) { path in
      let dataset = try PackedDataset(path, on: fileSystem)
      return (dataset, try choose(dataset))
    }
  }
}
