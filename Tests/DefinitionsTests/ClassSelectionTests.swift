import Definitions
import Testing

@Suite struct ClassSelectionTests {
  private let all = (0..<10).map { "class \($0)" }

  private func random(_ seed: UInt64, _ tasks: Int, of all: [String]) throws -> [[String]] {
    try (0..<tasks).map {
      try ClassSelection.random(seed: seed, task: $0, tasks: tasks).classes(of: all)
    }
  }

  // Computed with a Python program: Philox keyed by SHA-256 of "3/split", Fisher–Yates, dealt 4, 3, 3.
  @Test func randomSplitStaysTheSame() throws {
    let expected = [[0, 2, 4, 9], [3, 6, 7], [1, 5, 8]].map { $0.map { "class \($0)" } }
    #expect(try random(3, 3, of: all) == expected)
  }

  @Test func tasksShareOutAllClasses() throws {
    for tasks in 1...10 {
      let parts = try random(1, tasks, of: all)
      #expect(parts.joined().sorted() == all)
      let sizes = parts.map(\.count)
      #expect(sizes.max()! - sizes.min()! <= 1)
      #expect(sizes == sizes.sorted(by: >))
      #expect(parts.allSatisfy { $0 == $0.sorted() })
    }
  }

  @Test func seedsDivideOtherwise() throws {
    #expect(Set(try (0..<20).map { try random($0, 2, of: all) }).count > 15)
  }

  @Test func namedClassesComeInTheDatasetsOrder() throws {
    let selection = ClassSelection.named(["class 7", "class 2"])
    #expect(try selection.classes(of: all) == ["class 2", "class 7"])
    #expect(try ClassSelection.all.classes(of: all) == all)
  }

  @Test func unknownClassIsNamed() {
    let error = #expect(throws: UnknownClass.self) {
      try ClassSelection.named(["class 1", "cat"]).classes(of: all)
    }
    #expect(error?.name == "cat")
    #expect(error?.known == all)
  }
}

@Suite struct LayerTreatmentTests {
  @Test func verbsAreTheTableOfOriginsAndStates() {
    let table = LayerVerb.allCases.map { [$0.origin.rawValue, $0.state.rawValue] }
    #expect(
      table == [
        ["copied", "frozen"], ["copied", "learning"], ["initialized", "learning"],
        ["initialized", "frozen"],
      ])
  }

  @Test func valueTellsOriginAndState() {
    #expect(
      LayerTreatment(layer: "conv1", verb: .fineTune, rate: 0.1).value
        == ["layer": "conv1", "origin": "copied", "state": "learning", "rate": 0.1])
  }
}
