import Basics
import Testing

/// Values as people are shown them.
@Suite struct AbridgedValueTests {
  @Test func longListsAndTextsAreCut() {
    let short: Value = ["a": [1, 2, 3], "b": "x", "c": .list((1...12).map(Value.integer))]
    #expect(short.abridged == short)
    let long = Value.map(["classes": .list((1...1000).map(Value.integer))])
    #expect(long.abridged["classes"] == [1, 2, 3, 4, 5, 6, "… 994 more"])
    #expect(Value.list([long]).abridged == .list([long.abridged]))
    let text = Value.string(String(repeating: "ä", count: 201)).abridged.asString
    #expect(text == String(repeating: "ä", count: 199) + "…")
  }

  @Test func countsAndAgesInWords() {
    #expect(counted(1, "stage") == "1 stage" && counted(0, "stage") == "0 stages")
    #expect(counted(1204, "class", plural: "classes") == "1,204 classes")
    #expect(age(seconds: -3) == "0 s" && age(seconds: 59.9) == "59 s")
    #expect(age(seconds: 725) == "12 min" && age(seconds: 90_000) == "25 h")
    #expect(age(seconds: 2 * 86_400) == "2 days" && age(seconds: .nan) == "0 s")
  }
}
