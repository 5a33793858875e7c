import Definitions
import Planning
import Results

extension LoadReport {
  /// The initial state of a training run.
  ///
  /// - Parameters:
  ///   - source: the source of copied layers; `nil` if there are none.
  ///   - drawn: how parameters were drawn that imitate the source's, by name.
  init(_ work: TrainWork, source: Source?, drawn: [String: Initializer]) {
    self.init(
      source: source,
      parameters: work.treatedParameters.map { definition, treatment in
        let verb = treatment.verb
        let learns = definition.learns(under: treatment)
        // Running statistics move with the layer, although they do not learn.
        let moves = learns || verb.state == .learning && definition.role == .statistic
        var parameter = Parameter(
          name: definition.name, layer: definition.layer, shape: definition.shape,
          origin: verb.origin, state: moves ? .learning : .frozen,
          rate: learns
            ? definition.rate * treatment.rate * work.rateFactor(ofLayer: definition.layer) : 0,
          decay: learns ? definition.decay : 0)
        if definition.role == .statistic {
          parameter.statistics = treatment.normalizesByBatch ? .batch : .running
        }
        switch verb.origin {
        case .copied:
          let name = work.nameInSource(of: definition)
          parameter.from = name == definition.name ? nil : name
        case .initialized:
          parameter.initializer = (drawn[definition.name] ?? definition.initializer).value
        }
        return parameter
      })
  }
}

extension TrainWork {
  /// The factor on the rates of a layer by its position: see `SolverDefinition.rateFactor`.
  fileprivate func rateFactor(ofLayer name: String) -> Double {
    let position = network.layers.firstIndex { $0.name == name } ?? network.layers.count - 1
    return solver.rateFactor(ofLayer: position, of: network.layers.count)
  }

  /// The network's parameters in order, each with the treatment of its layer.
  fileprivate var treatedParameters: [(ParameterDefinition, LayerTreatment)] {
    guard let definitions = try? network.parameters() else {
      preconditionFailure("a planned network fits together")
    }
    let treatments = Dictionary(uniqueKeysWithValues: layers.map { ($0.layer, $0) })
    return definitions.map { definition in
      guard let treatment = treatments[definition.layer] else {
        preconditionFailure("every layer has a treatment")
      }
      return (definition, treatment)
    }
  }

  /// What the source calls a parameter.
  func nameInSource(of parameter: ParameterDefinition) -> String {
    weights?.names.name(inFile: parameter.name) ?? parameter.name
  }

  /// The parameters drawn like the source's. Running statistics start as usual: they are collected in training.
  var imitatedParameters: [ParameterDefinition] {
    treatedParameters.filter { $0.1.imitatesSource && $0.0.role != .statistic }.map(\.0)
  }

  /// The parameters copied from the source.
  var copiedParameters: [ParameterDefinition] {
    treatedParameters.filter { $0.1.verb.origin == .copied }.map(\.0)
  }
}
