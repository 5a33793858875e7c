import ArtifactStore
import Basics
import Definitions
import Planning

/// Where every parameter of a training came from, and whether it learns.
struct LoadReport {
  struct Parameter {
    var definition: ParameterDefinition
    var treatment: LayerTreatment
  }

  let parameters: [Parameter]
  /// The stage that layers were copied from.
  private let source: StageRecord?

  init(_ work: TrainWork, source: StageRecord?) {
    guard let definitions = try? work.network.parameters() else {
      preconditionFailure("a planned network fits together")
    }
    let treatments = Dictionary(uniqueKeysWithValues: work.layers.map { ($0.layer, $0) })
    parameters = definitions.map { definition in
      guard let treatment = treatments[definition.layer] else {
        preconditionFailure("every layer has a treatment")
      }
      return Parameter(definition: definition, treatment: treatment)
    }
    self.source = source
  }
}

extension LoadReport: ValueConvertible {
  /// `{"format": 1, "source": {"stage", "fingerprint"}, "parameters": [{"name", "shape", "origin",
  /// "state", …}]}`
  ///
  /// A copied parameter has the same name in the source; an initialised one tells its initialiser. Rate
  /// and decay are factors on the solver's, 0 where nothing is learnt.
  var value: Value {
    [
      "format": 1,
      "source": source.map {
        ["stage": .string($0.stage), "fingerprint": .string($0.fingerprint.hexadecimal)]
      } ?? .null,
      "parameters": .list(parameters.map(\.value)),
    ]
  }
}

extension LoadReport.Parameter: ValueConvertible {
  var value: Value {
    let learns = treatment.verb.state == .learning
    var entries: [String: Value] = [
      "name": .string(definition.name), "layer": .string(definition.layer),
      "shape": .list(definition.shape.map(Value.integer)),
      "origin": .string(treatment.verb.origin.rawValue),
      "state": .string(treatment.verb.state.rawValue),
      "rate": .number(learns ? definition.rate * treatment.rate : 0),
      "decay": .number(learns ? definition.decay : 0),
    ]
    if treatment.verb.origin == .initialized {
      entries["initializer"] = definition.initializer.value
    }
    return .map(entries)
  }
}
