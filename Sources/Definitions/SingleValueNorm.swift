extension NetworkDefinition {
  /// The first layer with a batch norm that normalises by the batch and reads one value for each channel of an image: of a
  /// batch of one image its mean is that value, and it gives its shift alone.
  ///
  /// - Parameter treatments: one for each layer.
  /// - Throws: `ShapeMismatch` where the network does not fit together.
  package func layerWithNormOfSingleValues(
    under treatments: [LayerTreatment]
  ) throws(ShapeMismatch) -> String? {
    let graph = try NetworkGraph(self)
    let step = graph.steps.first { step in
      let shape = graph.input(of: step)
      return step.settings is BatchNorm && shape.count == shape.channels
        && treatments[step.layer].normalizesByBatch
    }
    return step.map { layers[$0.layer].name }
  }
}
