import Basics
import Definitions

/// A task's classes in the dataset's order, with what is needed of them for every stage of the task.
///
/// A class, so that the stages of a study share what is computed once.
final class ResolvedClasses {
  let names: [String]
  let value: Value
  /// `value` encoded.
  let encoding: [UInt8]
  private var counts: [CountQuestion: Int] = [:]

  private struct CountQuestion: Hashable {
    var portion: Portion
    var holdOut: HoldOut?
    var limit: Int
  }

  init(_ names: [String]) {
    self.names = names
    value = .list(names.map(Value.string))
    encoding = value.canonicalEncoding
  }

  /// How many images of a portion the classes have.
  ///
  /// - Parameters: as of `DatasetFacts.images(of:classes:holdOut:limit:)`; always of the same dataset.
  func images(
    of portion: Portion, in facts: DatasetFacts, holdOut: HoldOut?, limit: Int = .max
  ) -> Int {
    let question = CountQuestion(portion: portion, holdOut: holdOut, limit: limit)
    if let known = counts[question] { return known }
    let count = facts.images(of: portion, classes: names, holdOut: holdOut, limit: limit)
    counts[question] = count
    return count
  }
}
