import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results

/// The inputs of the trained network: images, or activations of its frozen layers.
struct TrainingInputs {
  /// One for each set of images.
  var sources: [any BatchSource]
  /// The part of the network that training omits; `nil` if it reads images.
  var prefix: FrozenPrefix?
  /// How the activations are used; `nil` if they are not needed.
  private(set) var prefixUse: FrozenPrefixUse?
  private var computed = StageSpeed()
  /// The digests of the activations, by key.
  private(set) var digests: [String: Fingerprint] = [:]

  private init(_ sources: [any BatchSource], prefixUse: FrozenPrefixUse? = nil) {
    self.sources = sources
    self.prefixUse = prefixUse
  }

  /// Images or, if the plan says so, the activations of the frozen layers.
  ///
  /// - Parameters:
  ///   - examples: sets of images, the first of which is trained on.
  ///   - reuse: the decision of the plan.
  ///   - images: assembles batches of images.
  ///   - warn: called if activations cannot be cached.
  ///   - activations: computes the activations; called if they are needed.
  /// - Throws: `Interrupted`; `DiagnosticError` if the shapes of the network do not match.
  static func chosen(
    for examples: [Examples], _ reuse: PrefixReuse?, images: BatchAssembler,
    unless stop: StopCheck, warn: (String) -> Void,
    activations: (PrefixReuse) throws -> PrefixActivations
  ) throws -> TrainingInputs {
    let plain = examples.map { _ in images as any BatchSource }
    guard let reuse, reuse.isUsed else { return TrainingInputs(plain) }
    var activations = try activations(reuse)
    do {
      var inputs = TrainingInputs(try examples.map { try activations.source(for: $0) })
      inputs.prefix = reuse.prefix
      inputs.computed = activations.computed
      inputs.digests = activations.digests
      inputs.prefixUse = .kept(
        after: reuse.prefix.layer, operations: reuse.prefix.operations, computed: inputs.computed)
      return inputs
    } catch let error as DiagnosticError {
      // Their files disappear if another run has taken the stage over.
      try stop.check()
      activations.discard()
      // Doing without them costs time but no result, and a disk that is nearly full may still have room for the
      // weights.
      let messages = error.diagnostics.map(\.message).joined(separator: "; ")
      warn("activations of its frozen layers cannot be cached, so it runs without: \(messages)")
      return TrainingInputs(plain, prefixUse: .notKept(messages))
    }
  }

  /// The speed of a training run with these inputs, including the time for its activations.
  ///
  /// - Parameter training: the speed of training alone.
  func speed(of training: StageSpeed) -> StageSpeed {
    StageSpeed(images: training.images, seconds: training.seconds + computed.seconds)
  }
}
