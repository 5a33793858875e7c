import Basics
import Definitions

/// The tasks of a study, in the order of its split, to which the letters of a treatment refer.
struct StudyTasks {
  /// The name of random layers as a source, besides the letter of the notation.
  static let randomWord = "random"

  var tasks: [Described<TaskDefinition>]

  var names: [String] { tasks.map(\.content.name) }

  /// The task of that name or else, for a capital letter, the one at the position of the letter: A is the first.
  func index(of text: String) -> Int? {
    if let index = names.firstIndex(of: text) { return index }
    guard text.utf8.count == 1, let letter = text.utf8.first else { return nil }
    let place = Int(letter) - Int(UInt8(ascii: "A"))
    return tasks.indices.contains(place) ? place : nil
  }

  static func isRandom(_ text: String) -> Bool {
    text == TreatmentNotation.randomLetter || text == randomWord
  }

  /// The task at an index, or random layers.
  func name(_ source: StudyTreatment.Source) -> String {
    switch source {
    case .task(let index): names[index]
    case .random: StudyTasks.randomWord
    }
  }
}
