import Basics
import Definitions

/// Warns of batches of one image whose mean and variance a batch norm would take of a single value.
package enum SingleValueNorms {
  /// - Parameters:
  ///   - treatments: one for each layer.
  ///   - solver: with `steps-of`, a batch norm sees the parts of a batch.
  ///   - images: how many are trained on; `nil` where that is not known.
  /// - Returns: `nil` where no such batch is met.
  package static func warning(
    _ network: NetworkDefinition, _ treatments: [LayerTreatment], _ solver: SolverDefinition,
    images: Int?, at span: SourceSpan
  ) -> Diagnostic? {
    let batch = solver.imagesAtOnce
    let isLast =
      images.map { batch > 1 && ($0 % solver.batch % batch == 1 || solver.batch % batch == 1) }
      ?? false
    guard batch == 1 || isLast,
      let layer = try? network.resolved(classes: 2).layerWithNormOfSingleValues(under: treatments)
    else { return nil }
    let key = solver.part == nil ? "batch" : "steps-of"
    let what =
      batch == 1
      ? "batches of one image reach"
      : solver.part == nil
        ? "the last batch of an epoch, of one image, reaches"
        : "the last part of a batch, of one image, reaches"
    return Diagnostic(
      .warning,
      "\(what) the batch norm of layer '\(layer)', which has one value for each channel there: it gives its "
        + "shift alone, and its running variance moves towards 0",
      at: span,
      notes: [
        .init(
          batch == 1
            ? "give '\(key)' at least 2, or leave the norm out"
            : "give '\(key)' another size: \(images ?? 0) images are trained on in batches of \(solver.batch)"
        )
      ])
  }
}
