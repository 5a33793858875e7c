import Basics
import PipelineLanguage
import Testing

/// Mutations of a good file: whatever comes of them is a description or located problems.
@Suite struct FuzzTests {
  /// A study and forms of sweeps, to be mutated as well.
  private static let study =
    Fixture.preamble + """
      params: {seed: {type: integer, default: 0, min: 0, max: 9, choices: [0, 1, 2]}}
      studies:
        m:
          split: s
          network: n
          solver: g
          layers: 1..2
          treatments: [BnB, A1p1B, RnB, A→B+, {from: A, to: B, layers: 1, then: fine-tune}]
          swap: true
          repeat: {seed: 0..2, solver: [g]}
          base: {solver: g, seed: 3}
      stages:
        "x${a.b}": {for: {a: [{b: 1}, {b: 2}]}, train: {network: n, on: s.A, solver: g}}

      """

  @Test(arguments: 0..<2_000)
  func mutatedFileIsReadOrRefusedWithAPlace(_ seed: Int) {
    let stream = RandomStream(seed: UInt64(seed)).stream(for: "fuzz")
    var scalars = Array((seed % 2 == 0 ? Fixture.complete : Self.study).unicodeScalars)
    let letters = Array("[]{}:,-&*!|>'\"#%@`${} \n\t0a.~<é\u{FEFF}\u{1}\u{2028}".unicodeScalars)
    for mutation in 0..<UInt64(1 + seed % 4) {
      func draw(_ bound: Int, _ lane: UInt64) -> Int {
        stream.integer(below: bound, at: mutation, lane: lane)
      }
      let place = draw(scalars.count, 0)
      let end = min(scalars.count, place + 1 + draw(40, 1))
      switch draw(5, 2) {
      case 0: scalars.insert(letters[draw(letters.count, 3)], at: place)
      case 1: scalars[place] = letters[draw(letters.count, 3)]
      case 2: scalars.removeSubrange(place..<end)
      case 3: scalars.insert(contentsOf: scalars[place..<end], at: draw(scalars.count, 4))
      default: scalars.removeLast(scalars.count - place)
      }
      if scalars.isEmpty { scalars = ["a"] }
    }
    let text = String(String.UnicodeScalarView(scalars))
    for problem in problems(of: text) {
      #expect(problem.span != nil, "\(problem.rendered())\n\(text)")
      #expect(!problem.message.isEmpty)
      #expect(!problem.rendered().isEmpty)
    }
  }
}
