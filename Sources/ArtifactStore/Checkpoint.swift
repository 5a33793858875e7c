import Basics
import SystemPackage

/// The progress of a training run, and what identifies its course so far.
package struct TrainingMark: Hashable, Sendable {
  /// Completed steps.
  package var iteration: Int
  /// Steps per epoch.
  package var perEpoch: Int
  /// The digest of the learning rates of these steps.
  package var rates: Fingerprint

  package init(iteration: Int, perEpoch: Int, rates: Fingerprint) {
    self.iteration = iteration
    self.perEpoch = perEpoch
    self.rates = rates
  }
}

/// A stored state that a training run can resume from.
///
/// All states on one *trajectory* belong to training runs that agree in everything except length and learning rates.
/// If the learning rates up to a state agree as well, another training run can resume from it and ends with the same
/// bits as from the beginning.
package struct Checkpoint: Hashable, Sendable {
  package enum Origin: Hashable, Sendable {
    /// Written during training; its files are in a separate folder.
    case interrupted
    /// The end of a finished stage, in the stage's artifact.
    case finished
  }

  package var mark: TrainingMark
  /// The fingerprint and the name of the stage that wrote it.
  package var fingerprint: Fingerprint
  package var stage: String
  package var origin: Origin
  /// The path of the checkpoint, or of the note about it.
  package var path: FilePath

  package init(
    mark: TrainingMark, fingerprint: Fingerprint, stage: String, origin: Origin, path: FilePath
  ) {
    self.mark = mark
    self.fingerprint = fingerprint
    self.stage = stage
    self.origin = origin
    self.path = path
  }
}

extension Checkpoint {
  var name: Name { Name(mark: mark, fingerprint: fingerprint) }

  /// The name of a state in the folder of its trajectory: `<iteration>~<steps per epoch>~<digest of the
  /// rates>~<fingerprint of the stage>`.
  struct Name: Hashable, LosslessStringConvertible {
    var mark: TrainingMark
    var fingerprint: Fingerprint

    init(mark: TrainingMark, fingerprint: Fingerprint) {
      self.mark = mark
      self.fingerprint = fingerprint
    }

    init?(_ description: String) {
      let parts = description.split(separator: "~")
      guard parts.count == 4, let iteration = Int(parts[0]), Name.counts ~= iteration,
        let perEpoch = Int(parts[1]), Name.counts ~= perEpoch,
        let rates = Fingerprint(hexadecimal: String(parts[2])),
        let fingerprint = Fingerprint(hexadecimal: String(parts[3]))
      else { return nil }
      mark = TrainingMark(iteration: iteration, perEpoch: perEpoch, rates: rates)
      self.fingerprint = fingerprint
      // A state has exactly one name.
      guard self.description == description else { return nil }
    }

    /// Avoids overflow, since names may come from imported archives.
    private static let counts = 1...Int(Int32.max)

    var description: String {
      "\(mark.iteration)~\(mark.perEpoch)~\(mark.rates.hexadecimal)~\(fingerprint.hexadecimal)"
    }
  }
}
