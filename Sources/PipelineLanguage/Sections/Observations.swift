import Basics
import Definitions

/// A trained network, the images that it is shown, and the layers that are looked at, as analyses describe them.
package struct ObservationDescription: Sendable {
  /// The name of the trained stage.
  package var network: Described<String>
  /// The task whose images the network is shown; it need not be the one it was trained on. Its limit on examples applies
  /// to training images.
  package var task: Described<TaskDefinition>
  package var subset: Portion
  /// The names of layers, in the network's order; at least one.
  package var layers: Described<[String]>
  package var pooling: ActivationPooling
}

/// The description of a stage that observes one network.
package protocol ObservingDescription: WorkDescription {
  var observation: ObservationDescription { get set }
}

extension ObservingDescription {
  package var stagesRead: [String] { [observation.network.content] }
  package var taskRead: TaskDefinition? { observation.task.content }
  package var subsetRead: Portion? { observation.subset }

  package mutating func resolvePaths(_ resolve: (String) -> String) {
    observation.task.content.resolvePath(resolve)
  }
}

/// The same as written.
struct ObservationDraft {
  var network: Described<String>
  /// `nil` for the task that the network was trained on.
  var task: Described<TaskDefinition>?
  var subset: Portion
  /// `nil` for all layers.
  var layers: Described<[LayerRule]>?
  var pooling: ActivationPooling

  /// The observation of a network; `nil` after an error was reported.
  func resolve(_ resolver: StageResolver, at position: Int) -> ObservationDescription? {
    resolver.network(readBy: position).flatMap { resolve(resolver, $0) }
  }

  /// The same of a network that one of several stages trains.
  func resolve(_ resolver: StageResolver, _ trained: TrainedNetwork) -> ObservationDescription? {
    let task = task ?? trained.task.withAllExamples
    guard resolver.fit.checkObservation(of: network.content, trained, on: task) else { return nil }
    let coverage = LayerCoverage(network: trained.network.content, context: resolver.context)
    var chosen = Set(trained.network.content.definition.layers.indices)
    if let layers {
      let ranges = layers.content.map { coverage.indices($0) }
      guard !ranges.contains(nil) else { return nil }
      chosen = Set(ranges.compactMap { $0 }.joined())
      guard !chosen.isEmpty else {
        resolver.context.diagnostics.report("'layers' selects no layer", at: layers.span)
        return nil
      }
    }
    return ObservationDescription(
      network: network, task: task, subset: subset,
      layers: Described(
        chosen.sorted().map { trained.network.content.definition.layers[$0].name },
        at: layers?.span ?? network.span),
      pooling: pooling)
  }
}

extension Described<TaskDefinition> {
  /// The task without a limit on its training images.
  var withAllExamples: Described<TaskDefinition> {
    var task = self
    task.content.examples = nil
    return task
  }
}

// MARK: - Reading

extension FieldReader {
  /// Reads `network`, `on`, `subset` (test images by default), `layers` and `pool`; `nil` after an error was reported.
  mutating func observation(_ reader: inout StageReader) -> ObservationDraft? {
    let subset = optional("subset", default: Portion.test) { $0.choice() }
    return observation(&reader, subset: subset)
  }

  /// The same without `subset`.
  ///
  /// - Parameter subset: `nil` after an error was reported.
  mutating func observation(
    _ reader: inout StageReader, subset: Portion?
  ) -> ObservationDraft? {
    let network = required("network") { $0.stageName() }
    return observation(&reader, of: network, subset: subset)
  }

  /// The same of a network that the stage names in its own way.
  ///
  /// - Parameter network: `nil` if an error in its name was reported.
  mutating func observation(
    _ reader: inout StageReader, of network: Described<String>?, subset: Portion?
  ) -> ObservationDraft? {
    let task = optional("on", default: Described<TaskDefinition>?.none) {
      reader.tasks.findTraining($0).map(Optional.some)
    }
    guard let found = observedLayers(of: network ?? Described("", at: owner), subset: subset),
      network != nil, let task
    else { return nil }
    var observation = found
    observation.task = task
    return observation
  }

  /// Reads `layers` and `pool` alone.
  mutating func observedLayers(
    of network: Described<String>, subset: Portion?
  ) -> ObservationDraft? {
    let layers = optional("layers", default: Described<[LayerRule]>?.none) { field in
      field.observedLayers().map { rules in rules.map { Described($0, at: field.span) } }
    }
    let pooling = optional("pool", default: ActivationPooling.average) { $0.choice() }
    guard let subset, let layers, let pooling else { return nil }
    return ObservationDraft(
      network: network, task: nil, subset: subset, layers: layers, pooling: pooling)
  }
}

extension ObservationDraft {
  /// The same observation of another network on a task.
  func observing(
    _ network: Described<String>, on task: Described<TaskDefinition>
  ) -> ObservationDraft {
    var observation = self
    observation.network = network
    observation.task = task
    return observation
  }

  /// Distinguishes observations of one network on one task.
  var identity: String {
    let layers = layers?.content.map(\.text).joined(separator: ",") ?? "all"
    return "\(subset.rawValue) \(layers) \(pooling.rawValue)"
  }
}

extension Field {
  /// Reads `all`, a selector of layers, or a list of selectors; inner `nil` for all layers.
  fileprivate func observedLayers() -> [LayerRule]?? {
    if case .scalar(let scalar) = node, scalar.text == "all" { return .some(nil) }
    let rules: [LayerRule]?
    if case .sequence = node {
      rules = list("a list of layers") { $0.observedLayer() }
    } else {
      rules = observedLayer().map { [$0] }
    }
    return rules.map(Optional.some)
  }

  private func observedLayer() -> LayerRule? {
    guard let text = scalar("'all', or layers such as 'conv1', 'conv1..conv3' or 'last 2'")?.text
    else { return nil }
    guard text != LayerSelector.restWord else {
      report(
        "'rest' selects nothing here", notes: [.init("write 'all', or layers by name or position")])
      return nil
    }
    // What is done with the layers is the stage's.
    return LayerRule(
      selector: LayerSelector(text), text: text, span: span, action: LayerAction(verb: .freeze))
  }
}
