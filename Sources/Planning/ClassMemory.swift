import Basics
import Definitions

/// A task's classes in the dataset's order, with what is needed of them for every stage of the task.
///
/// A class, so that the stages of a study share what is computed once.
final class ResolvedClasses {
  /// Where the classes stand among the dataset's.
  let positions: [Int]
  let names: [String]
  let value: Value
  /// `value` encoded.
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

  /// How many images of a portion the classes have.
  ///
  /// - Parameters: as of `DatasetFacts.images(of:classes:holdOut:limit:)`; always of the same dataset.
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
