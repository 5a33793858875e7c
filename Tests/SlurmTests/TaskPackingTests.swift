import Slurm
import Testing

/// How stages are divided into tasks and arrays.
@Suite struct TaskPackingTests {
  /// Loads of so many seconds each, with the positions that they need.
  private func loads(_ stages: (work: Double, needs: [Int])...) -> [StageLoad] {
    stages.enumerated().map { StageLoad(position: $0, work: $1.work, needs: $1.needs) }
  }

  private func packing(
    _ loads: [StageLoad], seconds: Double = 100, processors: ProcessorShare = .fixed(1)
  ) -> TaskPacking {
    TaskPacking(loads, seconds: seconds, processors: processors)
  }

  private func positions(_ packing: TaskPacking) -> [[Int]] {
    packing.tasks.map { $0.stages.map(\.position) }
  }

  @Test func shortStagesArePackedIntoEqualPartsInTheirOrder() {
    let stages = (0..<1000).map { StageLoad(position: $0, work: 2) }
    let packed = packing(stages)
    #expect(packed.tasks.count == 20)
    #expect(packed.tasks.allSatisfy { $0.stages.count == 50 })
    #expect(positions(packed).flatMap { $0 } == Array(0..<1000))
    #expect(packed.levels == [Int](repeating: 0, count: 20))
  }

  @Test func aLongStageStaysAlone() {
    let packed = packing(loads((500, []), (10, []), (90, []), (10, [])))
    #expect(positions(packed) == [[0], [1, 3], [2]])
  }

  @Test func anEvaluationJoinsItsTraining() {
    // Two networks, each with an evaluation and a transfer to another task.
    let packed = packing(
      loads((80, []), (5, [0]), (80, []), (5, [2]), (80, [0]), (80, [2])))
    #expect(positions(packed) == [[0, 1], [2, 3], [4], [5]])
    #expect(packed.levels == [0, 0, 1, 1])
    #expect(packed.tasks[2].needs == [0] && packed.tasks[3].needs == [1])
  }

  @Test func aChainIsOneTaskAsLongAsItFits() {
    #expect(positions(packing(loads((30, []), (30, [0]), (30, [1])))) == [[0, 1, 2]])
    let packed = packing(loads((60, []), (60, [0]), (60, [1])))
    #expect(positions(packed) == [[0], [1], [2]])
    #expect(packed.levels == [0, 1, 2])
  }

  @Test func aSmallStudyIsOneTask() {
    // Data, two bases, four transfers with evaluations, a report.
    let study = loads(
      (1, []), (5, [0]), (5, [0]), (5, [1]), (5, [2]), (1, [3]), (1, [4]), (0.1, [5, 6]))
    #expect(positions(packing(study)) == [Array(0..<8)])
  }

  @Test func everyStageIsInOneTaskAfterThoseItNeeds() {
    var stages: [StageLoad] = []
    // Any graph: what each needs follows from its number.
    for index in 0..<300 {
      let needs = index < 3 ? [] : Array(Set([index / 2, index * 7 % index, index - 3])).sorted()
      stages.append(
        StageLoad(
          position: index, work: Double(index * 37 % 61), needs: index % 5 == 0 ? [] : needs))
    }
    for seconds in [1.0, 50, 200, 5000] {
      let packed = packing(stages, seconds: seconds, processors: .atMost(4))
      var places: [Int: Int] = [:]
      for (place, task) in packed.tasks.enumerated() {
        for stage in task.stages {
          #expect(places.updateValue(place, forKey: stage.position) == nil)
        }
      }
      #expect(places.count == stages.count)
      for stage in stages {
        for need in stage.needs where places[need] != places[stage.position] {
          let (own, other) = (places[stage.position]!, places[need]!)
          #expect(packed.tasks[own].needs.contains(other))
          #expect(packed.levels[other] < packed.levels[own])
        }
      }
    }
  }

  @Test func arraysAreLevels() {
    let packed = packing(
      loads((80, []), (80, []), (80, [0]), (80, [1]), (80, [0, 1]), (80, [2, 3])))
    let arrays = [JobArray](
      of: packed, seconds: 100, processors: .fixed(1), limit: nil, largestArray: 1001)
    #expect(arrays.map { $0.tasks.count } == [2, 3, 1])
    #expect(arrays.map(\.predecessors) == [[], [0], [1]])
    #expect(arrays.map(\.partner) == [nil, nil, nil])
    // 1.5 times 80 s and five minutes.
    #expect(arrays.map(\.minutes) == [7, 7, 7])
  }

  @Test func tasksThatFollowOneEachArePartners() {
    // Two stages of three chains; the second is listed in another order.
    let packed = packing(loads((80, []), (80, []), (80, []), (80, [2]), (80, [0]), (80, [1])))
    let arrays = [JobArray](
      of: packed, seconds: 100, processors: .fixed(1), limit: 3, largestArray: 1001)
    #expect(arrays.map(\.partner) == [nil, 0])
    let chains = arrays[1].tasks.map { ($0.stages[0], $0.index) }
    #expect(chains.map(\.0) == [4, 5, 3] && chains.map(\.1) == [0, 1, 2])
    #expect(arrays.map(\.minutes) == [3, 3])
  }

  @Test func largeLevelsAreSeveralArrays() {
    let packed = packing((0..<25).map { StageLoad(position: $0, work: 80) })
    let arrays = [JobArray](
      of: packed, seconds: 100, processors: .fixed(1), limit: nil, largestArray: 10)
    #expect(arrays.map { $0.tasks.count } == [10, 10, 5])
    #expect(arrays.map { $0.tasks.map(\.index).max() } == [9, 9, 4])
  }

  @Test func processorsAndMemoryFollowFromTheStages() {
    // 800 s within 100 s take eight processors, of which four are allowed.
    let share = ProcessorShare.atMost(4)
    let packed = packing(
      [
        StageLoad(position: 0, work: 800, memory: 1 << 30),
        StageLoad(position: 1, work: 10, memory: 1 << 20),
        StageLoad(position: 2, work: 10, memory: 2 << 30),
        StageLoad(position: 3, work: 10, memory: 3 << 30),
      ], processors: share)
    let arrays = [JobArray](
      of: packed, seconds: 100, processors: share, limit: nil, largestArray: 1001)
    #expect(arrays.count == 1 && arrays[0].processors == 4)
    #expect(positions(packed) == [[0], [1, 2, 3]])
    // Three stages side by side: 5 GiB and 1 MiB, by 1.25, and 256 MiB.
    #expect(arrays[0].memory == 6658)
    #expect(arrays[0].largest == 3)
    #expect(arrays[0].tasks.map(\.seconds) == [200, 7.5])
  }
}
