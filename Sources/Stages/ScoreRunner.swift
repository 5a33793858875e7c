import Basics
import Definitions
import Engine
import Execution
import Measures
import Planning
import Results

/// Runs `score` stages: transferability from activations.
package struct ScoreRunner: StageRunner {
  private let device: any Device

  /// - Parameter device: whose provenance is recorded.
  package init(device: any Device = ProcessorDevice()) { self.device = device }

  package func run(
    _ work: ScoreWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let features = try KeptFeatures(work.features, in: context)
    let scores = TransferScores(try context.linearAlgebra())
    let layered = work.measures.filter { !$0.readsScores }
    let whole = work.measures.filter(\.readsScores)
    let total = layered.count * work.layers.count + whole.count
    var rows: [ScoreResult.Row] = []
    func add(_ measure: TransferScore, _ layer: String?, of activations: LabelledFeatures) throws {
      try context.stop.check()
      rows.append(
        ScoreResult.Row(
          measure: measure, layer: layer, value: try scores.value(of: measure, activations)))
      context.progress(StageProgress(completed: rows.count, total: total, unit: "scores"))
    }
    if !layered.isEmpty {
      for layer in work.layers {
        let activations = try features.layer(layer)
        for measure in layered { try add(measure, layer, of: activations) }
      }
    }
    if !whole.isEmpty {
      let last = try features.layer(work.lastLayer)
      for measure in whole { try add(measure, nil, of: last) }
    }
    let order = TransferScore.allCases
    let sorted = rows.enumerated().sorted { first, second in
      let places = [first, second].map { order.firstIndex(of: $0.element.measure) ?? 0 }
      return (places[0], first.offset) < (places[1], second.offset)
    }
    return StageProduct(
      files: [:],
      metrics: ScoreResult(
        images: features.images.labels.count, rows: sorted.map(\.element)
      ).metrics, provenance: StageProvenance(engine: try device.provenance()).value)
  }
}
