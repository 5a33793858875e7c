import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results

/// What a training's network reads: images, or activations of its frozen layers.
struct TrainingInputs {
  /// One for each set of images.
  var sources: [any BatchSource]
  /// What of the network is left out of training; `nil` where it reads images.
  var prefix: FrozenPrefix?
  /// What became of the activations; `nil` where they are not wanted.
  private(set) var prefixUse: FrozenPrefixUse?
  private var computed = StageSpeed()
  /// The digests of the activations, by what decides them.
  private(set) var digests: [String: Fingerprint] = [:]

  private init(_ sources: [any BatchSource], prefixUse: FrozenPrefixUse? = nil) {
    self.sources = sources
    self.prefixUse = prefixUse
  }

  /// Images as they are, or where the plan says so, the activations after the frozen layers.
  ///
  /// - Parameters:
  ///   - examples: sets of images, the first of which is trained on.
  ///   - reuse: what the plan says.
  ///   - images: what makes batches of images.
  ///   - warn: told where activations cannot be kept.
  ///   - activations: computes the activations; called where they are wanted.
  /// - Throws: `Interrupted`; `DiagnosticError` where the network does not fit together.
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
      // Their files vanish when another run has taken the stage over.
      try stop.check()
      activations.discard()
      // Not to have them costs time and no result: a disk that is nearly full has room for weights yet.
      let messages = error.diagnostics.map(\.message).joined(separator: "; ")
      warn("activations of its frozen layers cannot be cached, so it runs without: \(messages)")
      return TrainingInputs(plain, prefixUse: .notKept(messages))
    }
  }

  /// The speed of a training run that reads these, with the time that its activations took.
  ///
  /// - Parameter training: of the training run alone.
  func speed(of training: StageSpeed) -> StageSpeed {
    StageSpeed(images: training.images, seconds: training.seconds + computed.seconds)
  }
}
