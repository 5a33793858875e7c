import Basics
import Testing

@Suite struct NearestNameTests {
  @Test(arguments: [
    ("bseB", "baseB"), ("bassB", "baseB"), ("abseB", "baseB"), ("basseB", "baseB"),
    ("BASEB", "baseB"), ("solvr", "solver"), ("dropuot", "dropout"), ("lr", "lrn"),
  ])
  func misspellingFindsTheName(_ written: String, _ meant: String) {
    #expect(nearestName(to: written, among: ["baseB", "solver", "dropout", "lrn"]) == meant)
  }

  @Test(arguments: ["network", "xyz", "", "x"])
  func unlikeNamesAreNotProposed(_ written: String) {
    #expect(nearestName(to: written, among: ["baseB", "solver", "A", "B"]) == nil)
  }

  @Test func nearestWinsAndThenTheFirstByName() {
    #expect(nearestName(to: "conv22", among: ["conv1", "conv2", "conv222"]) == "conv2")
    #expect(nearestName(to: "conv9", among: ["conv3", "conv1", "conv2"]) == "conv1")
  }

  @Test func namesTooLongForAnythingAreNear() {
    let long = String(repeating: "a", count: 1_000_000)
    #expect(nearestName(to: long, among: [long]) == nil)
    #expect(nearestName(to: "aaab", among: [long, "aaaa"]) == "aaaa")
  }

  @Test func listsEndBetweenNames() {
    #expect(Diagnostic.Note.listed(["a", "b"], atMost: 2) == "a, b")
    #expect(Diagnostic.Note.listed(["a", "b", "c"], atMost: 2) == "a, b and 1 more")
    let names = (0..<20).map { "few.gradual.0A3pB.seed-\($0)" }
    let list = Diagnostic.Note.listed(names, atMost: 20)
    let shown = list.split(separator: " and ")[0].split(separator: ", ").map(String.init)
    #expect(list.count < 450 && shown == Array(names.prefix(shown.count)) && shown.count < 20)
    #expect(list.hasSuffix(" and \(20 - shown.count) more"))
  }

  @Test func nothingIsNearAmongNothing() {
    #expect(nearestName(to: "a", among: []) == nil)
  }
}

@Suite struct NumberTextTests {
  @Test func decimalsAreRounded() {
    #expect(fixed(62.449, decimals: 1) == "62.4")
    #expect(fixed(62.45, decimals: 0) == "62")
    #expect(fixed(-0.004, decimals: 2) == "0.00")
    #expect(fixed(-1.005, decimals: 1) == "-1.0")
    #expect(fixed(.nan, decimals: 1) == "nan")
    #expect(fixed(1e300, decimals: 1) == "1e+300")
  }

  @Test func durationsAreSaidAsPeopleDo() {
    #expect(
      [0.44, 9.96, 59.4, 59.6, 185, 3599.6, 7621].map(duration)
        == ["0.4 s", "10 s", "59 s", "1 min 00 s", "3 min 05 s", "1 h 00 min", "2 h 07 min"])
    #expect(duration(seconds: -1) == "?")
  }

  @Test func countsAreGroupedByThree() {
    #expect(
      [0, 999, 1000, 60_965_224, -1000].map(grouped) == [
        "0", "999", "1,000", "60,965,224", "-1,000",
      ])
  }
}
