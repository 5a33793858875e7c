import Basics
import Testing

@Suite struct BackgroundMapTests {
  @Test(arguments: [0, 1, 7, 8, 9, 100]) func keepsTheOrder(count: Int) throws {
    var map = BackgroundMap<Int, Int>(batch: 8) { $0.map { $0 * $0 } }
    for number in 0..<count { map.add(number) }
    #expect(try map.results() == (0..<count).map { $0 * $0 })
  }

  @Test func tellsTheFirstError() {
    struct Odd: Error, Equatable { var number: Int }
    var map = BackgroundMap<Int, Int>(batch: 8) { batch in
      for number in batch where number == 31 || number == 77 { throw Odd(number: number) }
      return batch
    }
    for number in 0..<100 { map.add(number) }
    #expect(throws: Odd(number: 31)) { try map.results() }
  }
}
