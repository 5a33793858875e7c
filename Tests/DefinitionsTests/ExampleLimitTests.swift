import Basics
import Definitions
import Testing

@Suite struct ExampleLimitTests {
  private func choice(
    _ perClass: Int, of count: Int = 40, seed: UInt64 = 3, class name: String = "cat"
  )
    -> [Int]
  {
    ExampleLimit(perClass: perClass, seed: seed).choice(of: count, class: name)
  }

  @Test func smallerChoicesAreAmongLargerOnes() {
    var larger = Set(0..<40)
    for count in [40, 25, 10, 5, 2, 1] {
      let chosen = choice(count)
      #expect(chosen.count == count)
      #expect(chosen == chosen.sorted())
      #expect(larger.isSuperset(of: chosen))
      larger = Set(chosen)
    }
  }

  @Test func choicesDependOnSeedAndClassAlone() {
    #expect(choice(10) == choice(10))
    #expect(choice(10) != choice(10, seed: 4))
    #expect(choice(10) != choice(10, class: "dog"))
  }

  @Test func everyImageIsChosenAboutAsOften() {
    var counts = [Int](repeating: 0, count: 40)
    for seed in 0..<400 { for image in choice(10, seed: UInt64(seed)) { counts[image] += 1 } }
    // Expected 100, deviation 8.7: four of them either way.
    #expect(counts.allSatisfy { (65...135).contains($0) })
  }

  @Test func classesWithFewerImagesGiveAll() {
    #expect(choice(10, of: 4) == [0, 1, 2, 3])
    #expect(choice(10, of: 0) == [])
  }
}
