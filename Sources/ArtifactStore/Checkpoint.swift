import Basics
import SystemPackage

/// How far a training is, in terms that tell whether another one came the same way.
package struct TrainingMark: Hashable, Sendable {
  /// Steps made.
  package var iteration: Int
  /// Steps an epoch.
  package var perEpoch: Int
  /// The digest of the learning rates of these steps.
  package var rates: Fingerprint

  package init(iteration: Int, perEpoch: Int, rates: Fingerprint) {
    self.iteration = iteration
    self.perEpoch = perEpoch
    self.rates = rates
  }
}

/// A state in the store that a training can go on from.
///
/// All states on one *trajectory* belong to trainings that agree in everything but their length and
/// learning rates. Where the rates agree so far as well, one training can go on from another's state and
/// ends with the bits of one from the beginning.
package struct Checkpoint: Hashable, Sendable {
  package enum Origin: Hashable, Sendable {
    /// Written on the way; the files lie in a folder of their own.
    case interrupted
    /// The end of a finished stage, whose artifact it is.
    case finished
  }

  package var mark: TrainingMark
  /// The fingerprint and the name of the stage that came so far.
  package var fingerprint: Fingerprint
  package var stage: String
  package var origin: Origin
  /// Where the checkpoint, or what is noted of it, lies.
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

  /// The name under which a state lies in the folder of its trajectory:
  /// `<iteration>~<steps an epoch>~<digest of the rates>~<fingerprint of the stage>`.
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
      // One state has one name.
      guard self.description == description else { return nil }
    }

    /// What can be reckoned with; names come from archives of other people, too.
    private static let counts = 1...Int(Int32.max)

    var description: String {
      "\(mark.iteration)~\(mark.perEpoch)~\(mark.rates.hexadecimal)~\(fingerprint.hexadecimal)"
    }
  }
}
