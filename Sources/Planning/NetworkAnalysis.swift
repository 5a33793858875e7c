import Definitions

/// A trained network that a stage analyses, as reports need it.
package struct NetworkAnalysis: Sendable {
  /// The network's place in the design, and the images that it is shown.
  package var design: ReportEntry
  /// The classes of these images.
  package var classes: [String]
  /// All layers of the network, in order: those that are analysed are named in the result.
  package var layers: [String]

  package init(design: ReportEntry, classes: [String], layers: [String]) {
    self.design = design
    self.classes = classes
    self.layers = layers
  }

  /// The analysis of what a network is shown.
  package init(of observation: Observation) {
    self.init(
      design: observation.design, classes: observation.classes,
      layers: observation.network.layers.map(\.name))
  }
}

extension StageWork {
  /// The network that the stage analyses; `nil` if it produces something else.
  package var analysis: NetworkAnalysis? {
    if case .analysis(let analysis) = result { analysis } else { nil }
  }
}
