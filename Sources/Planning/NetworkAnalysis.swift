import Basics
import Definitions

/// A trained network that a stage analyses, as reports need it.
package struct NetworkAnalysis: Sendable {
  /// What a network is analysed together with.
  package enum Counterpart: Sendable {
    /// Another network.
    case network(ReportEntry, trained: Fingerprint)
    /// Itself before its training.
    case beginning
  }

  /// The network's place in the design, and the images that it is shown.
  package var design: ReportEntry
  /// `nil` for the analysis of one network.
  package var other: Counterpart?
  /// The training run of the network. Like the following, it follows from what is analysed.
  package var trained: Fingerprint
  /// Identifies the classes of the images, as `ReportEntry.classes` does.
  package var classes: Fingerprint
  /// All layers of the network, in order: those that are analysed are named in the result.
  package var layers: [String]

  package init(
    design: ReportEntry, other: Counterpart? = nil, trained: Fingerprint, classes: Fingerprint,
    layers: [String]
  ) {
    self.design = design
    self.other = other
    self.trained = trained
    self.classes = classes
    self.layers = layers
  }

  /// The analysis of what a network is shown.
  package init(of observation: Observation, and other: Counterpart? = nil) {
    self.init(
      design: observation.design, other: other, trained: observation.trained.fingerprint,
      classes: Value.list(observation.classes.map(Value.string)).fingerprint,
      layers: observation.network.layers.map(\.name))
  }
}

extension NetworkAnalysis: ValueConvertible {
  /// Its place in a report: that of its network, or `{"first", "second"}`, where the first may be `beginning`.
  package var value: Value {
    switch other {
    case nil: design.value
    case .beginning?: ["first": "beginning", "second": design.value]
    case .network(let other, _)?: ["first": design.value, "second": other.value]
    }
  }
}

extension PlannedStage {
  /// What an analysis of two networks, or of one before and after training, compares; `nil` for other stages.
  package var sides: (String, String)? {
    switch work.analysis?.other {
    case nil: return nil
    case .beginning?: return ("initial weights", "as trained")
    case .network(_, let second)?:
      guard let first = inputs.first(where: { $0.fingerprint == work.analysis?.trained }),
        let other = inputs.first(where: { $0.fingerprint == second })
      else { return nil }
      return (first.stage, other.stage)
    }
  }
}

extension StageWork {
  /// The network that the stage analyses; `nil` if it produces something else.
  package var analysis: NetworkAnalysis? {
    if case .analysis(let analysis) = result { analysis } else { nil }
  }
}
