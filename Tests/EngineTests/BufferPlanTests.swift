import Engine
import Testing

@Suite struct BufferPlanTests {
  private func plan(_ requests: [(Int, ClosedRange<Int>)]) -> BufferPlan {
    BufferPlan(requests.map { BufferPlan.Request(count: $0.0, moments: $0.1) })
  }

  @Test func whatIsNeededAtDifferentTimesSharesMemory() {
    let plan = plan([(100, 0...1), (100, 2...3), (50, 1...2)])
    #expect(plan.offsets[0] == plan.offsets[1])
    #expect(plan.count == 112 + 64)
  }

  @Test func nothingOverlapsInTimeAndPlace() {
    var state: UInt64 = 7
    func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return Int(state >> 33) % count
    }
    let requests = (0..<80).map { _ in
      let first = draw(20)
      return (1 + draw(300), first...first + draw(6))
    }
    let plan = plan(requests)
    for one in requests.indices {
      #expect(plan.offsets[one] % 16 == 0 && plan.offsets[one] + requests[one].0 <= plan.count)
      for other in 0..<one where requests[one].1.overlaps(requests[other].1) {
        #expect(
          plan.offsets[one] + requests[one].0 <= plan.offsets[other]
            || plan.offsets[other] + requests[other].0 <= plan.offsets[one])
      }
    }
  }
}
