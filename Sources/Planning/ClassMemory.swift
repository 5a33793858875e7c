import Basics
import Definitions

/// A task's classes in the order of the dataset, with everything that stages of the task need.
///
/// A class, so that the stages of a study share what is computed once.
final class ResolvedClasses {
  /// Positions of the classes in the dataset.
  let positions: [Int]
  let names: [String]
  let value: Value
  /// The encoding of `value`.
  let encoding: [UInt8]
  let fingerprint: Fingerprint
  private var counts: [CountQuestion: Int] = [:]

  private struct CountQuestion: Hashable {
    var portion: Portion
    var holdOut: HoldOut?
    var limit: Int
  }

  init(_ positions: [Int], of facts: DatasetFacts) {
    self.positions = positions
    names = positions.map { facts.classes[$0] }
    value = .list(names.map(Value.string))
    encoding = value.canonicalEncoding
    fingerprint = Fingerprint(of: encoding)
  }

  /// The number of images of a portion in these classes.
  ///
  /// - Parameters: as for `DatasetFacts.images(of:classes:holdOut:limit:)`; always for the same dataset.
  func images(
    of portion: Portion, in facts: DatasetFacts, holdOut: HoldOut?, limit: Int = .max
  ) -> Int {
    let question = CountQuestion(portion: portion, holdOut: holdOut, limit: limit)
    if let known = counts[question] { return known }
    let count = facts.images(of: portion, classes: positions, holdOut: holdOut, limit: limit)
    counts[question] = count
    return count
  }
}
