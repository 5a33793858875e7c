import ArtifactStore
import Basics
import Definitions
import Planning

/// Where every parameter of a training came from, and whether it learns.
struct LoadReport {
  struct Parameter {
    var definition: ParameterDefinition
    var treatment: LayerTreatment
    /// The name in the source, where it is another.
    var from: String?
  }
  /// What layers were copied from.
  enum Source {
    case stage(StageRecord)
    case file(WeightsFile)
  }

  let parameters: [Parameter]
  private let source: Source?

  init(_ work: TrainWork, source: Source?) {
    guard let definitions = try? work.network.parameters() else {
      preconditionFailure("a planned network fits together")
    }
    let treatments = Dictionary(uniqueKeysWithValues: work.layers.map { ($0.layer, $0) })
    parameters = definitions.map { definition in
      guard let treatment = treatments[definition.layer] else {
        preconditionFailure("every layer has a treatment")
      }
      var parameter = Parameter(definition: definition, treatment: treatment)
      if treatment.verb.origin == .copied,
        let name = work.weights?.names.name(
          inFile: definition.name), name != definition.name
      {
        parameter.from = name
      }
      return parameter
    }
    self.source = source
  }

  /// The parameters that begin as the source's.
  var copied: [ParameterDefinition] {
    parameters.filter { $0.treatment.verb.origin == .copied }.map(\.definition)
  }
}
extension LoadReport: ValueConvertible {
  /// `{"format": 1, "source": {"stage", "fingerprint"}, "parameters": [{"name", "shape", "origin",
  /// "state", …}]}`; a source that is a file is `{"file", "content"}`.
  ///
  /// A copied parameter has the same name in the source, or tells its name there (`from`); an initialised
  /// one tells its initialiser. Rate
  /// and decay are factors on the solver's, 0 where nothing is learnt.
  var value: Value {
    [
      "format": 1,
      "source": source?.value ?? .null,
      "parameters": .list(parameters.map(\.value)),
    ]
  }
}

extension LoadReport.Source: ValueConvertible {
  var value: Value {
    switch self {
    case .stage(let record):
      [
        "stage": .string(record.stage), "fingerprint": .string(record.fingerprint.hexadecimal),
      ]
    case .file(let file):
      ["file": .string(file.name), "content": .string(file.content.hexadecimal)]
    }
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
    if let from { entries["from"] = .string(from) }
    if treatment.verb.origin == .initialized {
      entries["initializer"] = definition.initializer.value
    }
    return .map(entries)
  }
}
