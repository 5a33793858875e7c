import Basics
import Definitions
import Planning
import Testing

@Suite struct OwnValidationTests {
  private let facts = DatasetFacts(
    digest: Fingerprint(of: "x"), classes: ["a", "b"], trainingImages: [5, 6], testImages: [1, 1],
    validationImages: [2, 1])

  @Test func isRemembered() {
    #expect(DatasetFacts(facts.value) == facts)
    #expect(facts.ownHoldOut == HoldOut(amount: .own(["a": 2, "b": 1])))
    var plain = facts
    plain.validationImages = nil
    #expect(plain.value["validation"] == nil && DatasetFacts(plain.value) == plain)
    #expect(plain.ownHoldOut == nil)
  }

  @Test(arguments: [[2], [6, 1], [-1, 1]]) func impossibleNumbersAreRefused(_ counts: [Int]) {
    guard var entries = facts.value.asMap else { return }
    entries["validation"] = .list(counts.map(Value.integer))
    #expect(DatasetFacts(.map(entries)) == nil)
  }
}
