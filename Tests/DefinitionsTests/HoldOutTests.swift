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
