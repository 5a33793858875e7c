import ArtifactStore
import Basics

/// How a stage that uses a network computed its result, from the provenance in its record. None of it affects the
/// result.
package struct StageProvenance: Hashable, Sendable {
  /// Versions and kernels, as reported by the engine.
  package var engine: Value
  package var speed: StageSpeed?
  package var checkpoints: CheckpointCost?
  package var continuation: ResumedFrom?
  package var frozenPrefix: FrozenPrefixUse?

  package init(engine: Value) { self.engine = engine }
}

/// The number of images that a stage processed, and the time it took.
package struct StageSpeed: Hashable, Sendable {
  package var images: Int
  package var seconds: Double

  package init(images: Int = 0, seconds: Double = 0) {
    self.images = images
    self.seconds = seconds
  }

  /// Images per second; `nil` if nothing was timed.
  package var rate: Double? {
    images > 0 && seconds > 0 ? Double(images) / seconds : nil
  }
}

/// The number of checkpoints that a training run wrote, and the time they took.
package struct CheckpointCost: Hashable, Sendable {
  package var count: Int
  package var seconds: Double

  package init(count: Int = 0, seconds: Double = 0) {
    self.count = count
    self.seconds = seconds
  }
}

/// The earlier state that a training run resumed from.
package struct ResumedFrom: Hashable, Sendable {
  /// The name and fingerprint of the stage that wrote the state.
  package var stage: String
  package var fingerprint: Fingerprint
  package var iteration: Int

  package init(_ checkpoint: Checkpoint) {
    stage = checkpoint.stage
    fingerprint = checkpoint.fingerprint
    iteration = checkpoint.mark.iteration
  }

  fileprivate init(stage: String, fingerprint: Fingerprint, iteration: Int) {
    self.stage = stage
    self.fingerprint = fingerprint
    self.iteration = iteration
  }
}

/// How a training run used the activations of its frozen layers.
package enum FrozenPrefixUse: Hashable, Sendable {
  /// They were computed once, those of the given images by this stage.
  case kept(after: String, operations: Int, computed: StageSpeed)
  /// They could not be cached, for this reason, and were computed in every step.
  case notKept(String)
}

// MARK: - In a record

extension StageProvenance: ValueConvertible {
  /// The engine's entries and, if known, `speed`: `{"images", "seconds", "images-per-second"}`, `checkpoints`:
  /// `{"count", "seconds"}`, `continued`: `{"stage", "iteration", "fingerprint"}`, `frozen-prefix`: `{"after",
  /// "operations", "computed-images", "seconds"}` or `{"not-kept"}`.
  package var value: Value {
    var entries = engine.asMap ?? [:]
    if let speed, let rate = speed.rate {
      entries[Key.speed] = [
        "images": .integer(speed.images), "seconds": .number(speed.seconds),
        "images-per-second": .number(rate),
      ]
    }
    if let checkpoints, checkpoints.count > 0 {
      entries[Key.checkpoints] = [
        "count": .integer(checkpoints.count), "seconds": .number(checkpoints.seconds),
      ]
    }
    if let continuation {
      entries[Key.continued] = [
        "stage": .string(continuation.stage), "iteration": .integer(continuation.iteration),
        "fingerprint": .string(continuation.fingerprint.hexadecimal),
      ]
    }
    switch frozenPrefix {
    case .kept(let layer, let operations, let computed):
      entries[Key.frozenPrefix] = [
        "after": .string(layer), "operations": .integer(operations),
        "computed-images": .integer(computed.images), "seconds": .number(computed.seconds),
      ]
    case .notKept(let reason): entries[Key.frozenPrefix] = ["not-kept": .string(reason)]
    case nil: break
    }
    return .map(entries)
  }

  /// Reads a record. Its entries are informational: those that are missing or come from another version are `nil`.
  package init(of record: StageRecord) {
    let value = record.provenance
    engine = .map(
      Dictionary(
        uniqueKeysWithValues: Circumstance.engine.compactMap { fact in
          value[fact.rawValue].map { (fact.rawValue, $0) }
        }))
    speed = value[Key.speed].flatMap { entry in
      guard let images = entry["images"]?.asCount, let seconds = entry["seconds"]?.double else {
        return nil
      }
      return StageSpeed(images: images, seconds: seconds)
    }
    checkpoints = value[Key.checkpoints].flatMap { entry in
      guard let count = entry["count"]?.asCount, let seconds = entry["seconds"]?.double else {
        return nil
      }
      return CheckpointCost(count: count, seconds: seconds)
    }
    continuation = value[Key.continued].flatMap { entry in
      guard let stage = entry["stage"]?.asString, let iteration = entry["iteration"]?.asCount,
        let fingerprint = entry["fingerprint"]?.asString.flatMap(Fingerprint.init(hexadecimal:))
      else { return nil }
      return ResumedFrom(stage: stage, fingerprint: fingerprint, iteration: iteration)
    }
    frozenPrefix = value[Key.frozenPrefix].flatMap(FrozenPrefixUse.init)
  }

  private enum Key {
    static let speed = "speed"
    static let checkpoints = "checkpoints"
    static let continued = "continued"
    static let frozenPrefix = "frozen-prefix"
  }
}

extension FrozenPrefixUse {
  fileprivate init?(_ value: Value) {
    if let reason = value["not-kept"]?.asString {
      self = .notKept(reason)
    } else if let layer = value["after"]?.asString, let operations = value["operations"]?.asCount,
      let images = value["computed-images"]?.asCount, let seconds = value["seconds"]?.double
    {
      self = .kept(
        after: layer, operations: operations,
        computed: StageSpeed(images: images, seconds: seconds))
    } else {
      return nil
    }
  }
}

extension StageRecord {
  /// A fact about the program or the machine that computed the stage; `nil` if the record does not contain it.
  package func circumstance(_ fact: Circumstance) -> Value? { provenance[fact.rawValue] }
}
