import Basics
import Definitions
import Engine
import Execution
import Measures
import Planning
import Results

/// Runs `probe` stages: classifiers on the activations of each layer.
package struct ProbeRunner: StageRunner {
  private let device: any Device

  /// - Parameter device: whose provenance is recorded.
  package init(device: any Device = ProcessorDevice()) { self.device = device }

  package func run(
    _ work: ProbeWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let fit = try KeptFeatures(work.fit, in: context)
    let measured = try KeptFeatures(work.measured, in: context)
    guard fit.images.classes == measured.images.classes else {
      preconditionFailure("both features stages are of one task")
    }
    let heldOut = work.holdOut.map { fit.images.rows(heldOut: $0) } ?? []
    if work.holdOut != nil, heldOut.isEmpty {
      throw DiagnosticError(
        "there are too few training images to hold some out for the choice of a decay",
        notes: [.init("state one: 'classifier: {logistic: {decay: 0.01}}'")])
    }
    let probe = Probe(try context.linearAlgebra(), unless: context.stop)
    let layers = work.fitted.layers
    let total = layers.count * work.classifiers.count
    var rows: [ProbeResult.Row] = []
    for layer in layers {
      let own = try fit.layer(layer)
      let others = try measured.layer(layer)
      for classifier in work.classifiers {
        try context.stop.check()
        let outcome = try probe.outcome(
          of: classifier, fit: own, heldOut: heldOut, measured: others)
        rows.append(
          ProbeResult.Row(
            layer: layer, classifier: classifier.name,
            accuracy: Double(outcome.correct) / Double(others.count),
            heldOut: outcome.heldOutCorrect.map { Double($0) / Double(heldOut.count) },
            decay: outcome.decay, isConverged: outcome.isConverged))
        context.progress(
          StageProgress(
            completed: rows.count, total: total, unit: "probes", accuracy: rows.last?.accuracy))
      }
    }
    let open = rows.filter { !$0.isConverged }.map { "\($0.classifier) on '\($0.layer)'" }
    if !open.isEmpty {
      context.warn("classifiers that did not converge: \(open.joined(separator: ", "))")
    }
    return StageProduct(
      files: [:],
      metrics: ProbeResult(
        fitted: fit.images.labels.count, images: measured.images.labels.count, rows: rows
      ).metrics, provenance: StageProvenance(engine: try device.provenance()).value)
  }
}

extension FeatureImages {
  /// The rows that are held out of each class.
  fileprivate func rows(heldOut: HoldOut) -> [Int] {
    var rows = [[Int]](repeating: [], count: classes.count)
    for (row, label) in labels.enumerated() { rows[label].append(row) }
    return zip(rows, classes).flatMap { rows, name in
      heldOut.choice(of: rows.count, class: name).map { rows[$0] }
    }.sorted()
  }
}
