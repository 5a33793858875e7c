import Basics
import Definitions

/// A trained network that a stage analyses, as reports need it.
package struct NetworkAnalysis: Sendable {
  /// The network's place in the design, and the images that it is shown.
  package var design: ReportEntry
  /// The training run of the network. Like the following, it follows from what is analysed.
  package var trained: Fingerprint
  /// Identifies the classes of the images, as `ReportEntry.classes` does.
  package var classes: Fingerprint
  /// All layers of the network, in order: those that are analysed are named in the result.
  package var layers: [String]

  package init(
    design: ReportEntry, trained: Fingerprint, classes: Fingerprint, layers: [String]
  ) {
    self.design = design
    self.trained = trained
    self.classes = classes
    self.layers = layers
  }

  /// The analysis of what a network is shown.
  package init(of observation: Observation) {
    self.init(
      design: observation.design, trained: observation.trained.fingerprint,
      classes: Value.list(observation.classes.map(Value.string)).fingerprint,
      layers: observation.network.layers.map(\.name))
  }
}

extension StageWork {
  /// The network that the stage analyses; `nil` if it produces something else.
  package var analysis: NetworkAnalysis? {
    if case .analysis(let analysis) = result { analysis } else { nil }
  }
}
