import Basics
import Datasets
import Execution
import Planning

/// Runs `prepare` stages: decodes a dataset once and packs it.
package struct PrepareRunner: StageRunner {
  /// The name of the packed images among the artifact's files.
  package static let packedFile = "images.packed"

  package init() {}

  package func run(_ stage: PlannedStage, in context: StageContext) throws -> StageProduct {
    guard case .prepare(let work) = stage.work else {
      preconditionFailure("a prepare stage has prepare work")
    }
    let file = context.workspace.appending(PrepareRunner.packedFile)
    do {
      let summary = try work.dataset.pack(
        into: file, threads: context.threads,
        progress: { completed, total in
          context.progress(StageProgress(completed: completed, total: total, unit: "images"))
        },
        shouldStop: context.shouldStop)
      return StageProduct(files: [PrepareRunner.packedFile: file], metrics: summary.value)
    } catch is PackingStopped {
      throw StageStopped()
    }
  }
}

extension StageContext {
  /// The prepared dataset that a stage reads.
  func dataset() throws -> PackedDataset {
    try PackedDataset(file(PrepareRunner.packedFile, of: "data"))
  }
}
