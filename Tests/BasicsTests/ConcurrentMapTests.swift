import Basics
import Testing

@Suite struct ConcurrentMapTests {
  @Test(arguments: [0, 1, 7, 8, 9, 100]) func keepsTheOrder(count: Int) throws {
    let numbers = Array(0..<count)
    #expect(try numbers.concurrentMap(batch: 8) { $0.map { $0 * $0 } } == numbers.map { $0 * $0 })
  }

  @Test func tellsTheFirstError() {
    struct Odd: Error, Equatable { var number: Int }
    #expect(throws: Odd(number: 31)) {
      try Array(0..<100).concurrentMap(batch: 8) { batch in
        for number in batch where number == 31 || number == 77 { throw Odd(number: number) }
        return Array(batch)
      }
    }
  }
}
