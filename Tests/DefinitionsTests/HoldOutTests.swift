import Basics
import Definitions
import Testing

@Suite struct HoldOutTests {
  @Test(arguments: [
    (0.1, 100, 10), (0.1, 14, 1), (0.1, 16, 2), (0.1, 4, 0), (0.9, 2, 1), (0.99, 1, 0),
    (0.5, 0, 0),
  ])
  func fractionsAreRoundedAndLeaveAnImage(fraction: Double, images: Int, held: Int) {
    #expect(HoldOut(amount: .fraction(fraction)).count(of: images, class: "a") == held)
  }

  @Test func ownImagesAreTheLastOfTheirClass() {
    let own = HoldOut(amount: .own(["a": 3, "b": 2]))
    #expect(own.choice(of: 10, class: "a") == [7, 8, 9])
    #expect(own.count(of: 10, class: "b") == 2 && own.choice(of: 10, class: "c").isEmpty)
    // Of a class whose other images were skipped, one stays.
    #expect(own.choice(of: 3, class: "a") == [1, 2])
    let other = HoldOut(amount: .own(["a": 2, "b": 3]))
    #expect(own.value["own"] == other.value["own"] && own.value != other.value)
  }

  @Test func drawsForOtherPurposesDiffer() {
    let draw = HoldOut(amount: .fraction(0.5))
    #expect(draw.choice(of: 100, class: "a") != draw.choice(of: 100, class: "a", for: "test"))
    #expect(draw.choice(of: 100, class: "a", for: "test").count == 50)
  }

  @Test func countsLeaveAnImage() {
    #expect(HoldOut(amount: .perClass(50)).count(of: 1300, class: "a") == 50)
    #expect(HoldOut(amount: .perClass(50)).count(of: 50, class: "a") == 49)
  }

  @Test func choicesDependOnSeedAndClassAlone() {
    func choice(_ count: Int, seed: UInt64 = 0, class name: String = "cat") -> [Int] {
      HoldOut(amount: .perClass(count), seed: seed).choice(of: 40, class: name)
    }
    #expect(choice(8) == choice(8))
    #expect(choice(8) == choice(8).sorted() && Set(choice(8)).count == 8)
    #expect(choice(8) != choice(8, seed: 1))
    #expect(choice(8) != choice(8, class: "dog"))
    #expect(Set(choice(8)).isSuperset(of: choice(3)))
    // Different from the images that a limit with the same seed selects.
    #expect(choice(8) != ExampleLimit(perClass: 8, seed: 0).choice(of: 40, class: "cat"))
  }
}
