import Basics
import Definitions

/// Whether the activations of a training run's frozen layers are computed once per image and cached, or in every
/// step. The results are the same.
package struct PrefixReuse: Hashable, Sendable {
  package enum Obstacle: Hashable, Sendable {
    /// An augmentation step changes images at random.
    case augmentation(AugmentationEffect)
    /// The activations, of this size in bytes, exceed the limit.
    case size(Int)
    /// Writing and reading activations would take about as long as computing them.
    case gain
  }

  package var prefix: FrozenPrefix
  /// Why they are not cached; `nil` if they are.
  package var obstacle: Obstacle?

  /// The maximum size of all cached activations in the store, in bytes.
  package var budget: Int

  package var isUsed: Bool { obstacle == nil }

  // Multiply-adds that take as long as computing, hashing and writing one byte, and as long as reading one. Measured
  // with a network of five convolutions on 25,000 images of 32×32 with two threads: 4·10¹¹ operations per second, and
  // 3 ns per byte; the time of reading was negligible. After the second, third and fourth layer (0.8, 1.6 and 0.4
  // GB), caching changed the time of three epochs by −0.8, +1.3 and −5 s, and of eight by −8, −8 and −20 s.
  private static let flopsPerByteWritten = 1200
  private static let flopsPerByteRead = 10

  /// The size of the activations of a number of images, in bytes.
  private func bytes(images: Int) -> Int {
    images * prefix.output.count * MemoryLayout<Float>.size
  }

  /// - Parameters:
  ///   - policy: the options of the run.
  ///   - iterations: completed steps, after which the training run resumes.
  /// - Returns: `nil` for a training run without frozen layers below a learning one, and if caching is off.
  package init?(_ work: TrainWork, _ policy: ActivationPolicy, after iterations: Int = 0) {
    let layers = work.layers
    guard policy.budget > 0, work.trainingImages > 0, layers.first?.verb.state == .frozen,
      let prefix = try? work.network.costedPrefix(under: layers)
    else { return nil }
    self.prefix = prefix
    budget = policy.budget
    obstacle = findObstacle(work, after: iterations)
    if policy.keepsWithoutGain, obstacle == .gain { obstacle = nil }
  }

  private func findObstacle(_ work: TrainWork, after iterations: Int) -> Obstacle? {
    if let step = work.preprocessing.unrepeatableStep { return .augmentation(step.effect) }
    let images = work.trainingImages
    let all = bytes(images: images + work.measuredImages)
    if all > budget { return .size(all) }
    // Savings during measurements are ignored, since these are few compared with the steps.
    let bytes = bytes(images: images)
    let shown = work.solver.images(of: images, after: iterations)
    let saved = Double(shown - images) * Double(prefix.flops)
    let written = Double(bytes) * Double(PrefixReuse.flopsPerByteWritten)
    let read =
      Double(shown) * Double(self.bytes(images: 1)) * Double(PrefixReuse.flopsPerByteRead)
    return saved > written + read ? nil : .gain
  }
}

// MARK: - Output

extension PrefixReuse: CustomStringConvertible {
  /// `activations after conv2 are cached`, or why not.
  package var description: String {
    let place = "activations \(prefix.isWholeLayer ? "after" : "in") \(printable(prefix.layer))"
    switch obstacle {
    case nil: return "\(place) are cached"
    case .augmentation(let effect): return "\(place) are not cached: \(effect.clause)"
    case .size(let bytes):
      return "\(place) are not cached: \(quantity(Double(bytes), unit: "B")) is too large"
    case .gain: return "\(place) are not cached: it would not save time"
    }
  }
}

extension PrefixReuse: ValueConvertible {
  /// `{"after": "conv2", "operations": 6, "once": false, "why-not": "mirroring"}`
  package var value: Value {
    var entries: [String: Value] = [
      "after": .string(prefix.layer), "operations": .integer(prefix.operations),
      "once": .bool(isUsed),
    ]
    switch obstacle {
    case nil: break
    case .augmentation(let effect): entries["why-not"] = .string(effect.name)
    case .size(let bytes):
      entries["why-not"] = "size"
      entries["bytes"] = .integer(bytes)
    case .gain: entries["why-not"] = "gain"
    }
    return .map(entries)
  }
}
