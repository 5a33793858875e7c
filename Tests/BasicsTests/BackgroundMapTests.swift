import Basics
import Testing

@Suite struct BackgroundMapTests {
  @Test(arguments: [0, 1, 7, 8, 9, 100]) func keepsTheOrder(count: Int) throws {
    let squares = try mapped(0..<count) { $0.map { $0 * $0 } }
    #expect(squares == (0..<count).map { $0 * $0 })
  }

  @Test func tellsTheFirstError() {
    struct Odd: Error, Equatable { var number: Int }
    #expect(throws: Odd(number: 31)) {
      try mapped(0..<100) { batch in
        for number in batch where number == 31 || number == 77 { throw Odd(number: number) }
        return batch
      }
    }
  }

  private func mapped(
    _ numbers: Range<Int>, _ body: @escaping @Sendable ([Int]) throws -> [Int]
  ) throws -> [Int] {
    var map = BackgroundMap(batch: 8, body)
    for number in numbers { map.add(number) }
    return try map.results()
  }
}
