import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning

/// What a training's network reads: images, or activations of its frozen layers.
struct TrainingInputs {
  /// One for each set of images.
  var sources: [any BatchSource]
  /// What of the network is left out of training; `nil` where it reads images.
  var prefix: FrozenPrefix?
  /// What to say of it in the provenance.
  private var remark: Value?
  private var computed = StageSpeed(images: 0, seconds: 0)
  /// The digests of the activations, by what decides them.
  private var digests: [String: Fingerprint] = [:]

  private init(_ sources: [any BatchSource], remark: Value? = nil) {
    self.sources = sources
    self.remark = remark
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
      inputs.remark = [
        "after": .string(reuse.prefix.layer), "operations": .integer(reuse.prefix.operations),
        "computed-images": .integer(inputs.computed.images),
        "seconds": .number(inputs.computed.seconds),
      ]
      return inputs
    } catch let error as DiagnosticError {
      // Their files vanish when another run has taken the stage over.
      try stop.check()
      activations.discard()
      // Not to have them costs time and no result: a disk that is nearly full has room for weights yet.
      let messages = error.diagnostics.map(\.message).joined(separator: "; ")
      warn("activations of its frozen layers cannot be kept, so it runs without: \(messages)")
      return TrainingInputs(plain, remark: ["not-kept": .string(messages)])
    }
  }

  /// Tells in the provenance what was computed once, and how fast the training was with it.
  func note(in product: inout StageProduct, after speed: StageSpeed) {
    guard let remark, var entries = product.provenance.asMap else { return }
    entries["frozen-prefix"] = remark
    var whole = speed
    whole.seconds += computed.seconds
    if !digests.isEmpty { product.read["activations"] = digests }
    product.provenance = whole.added(to: .map(entries))
  }
}
