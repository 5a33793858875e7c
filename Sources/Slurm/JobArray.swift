import Basics

/// A job array before it is submitted: tasks of one level, and what is asked of Slurm for each of them.
package struct JobArray: Hashable, Sendable {
  package struct Task: Hashable, Sendable {
    /// Its number in the array.
    package var index: Int
    /// Positions of its stages in the plan.
    package var stages: [Int]
    /// The expected time in seconds on the array's processors.
    package var seconds: Double
    /// The tasks of this submission that it waits for.
    package var needs: Set<TaskNumber>
  }

  /// In the order of their indices.
  package var tasks: [Task]
  package var processors: Int
  /// In MiB.
  package var memory: Int
  /// The time limit in minutes.
  package var minutes: Int
  /// The stage that takes most memory, by its position in the plan.
  package var largest: Int
  /// The array whose task of the same index each task waits for, and for no other.
  package var partner: Int?
  /// The arrays with tasks that these wait for.
  package var predecessors: [Int] {
    Set(tasks.flatMap { $0.needs.map(\.array) }).sorted()
  }
  /// The expected time of the longest task, in seconds.
  package var longest: Double { tasks.map(\.seconds).max() ?? 0 }
}

/// A task of a submission: the position of its array, and its index there.
package struct TaskNumber: Hashable, Sendable, Comparable {
  package var array: Int
  package var index: Int

  package init(array: Int, index: Int) {
    self.array = array
    self.index = index
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.array, left.index) < (right.array, right.index)
  }
}

/// What is added to the estimates before anything is asked of Slurm.
package enum Margin {
  /// A stage that needs more time resumes in another job, so this only spares jobs.
  package static let time = 1.5
  /// Starting, reading the data once, and writing results, in seconds.
  package static let startSeconds = 300.0
  package static let memory = 1.25
  /// Libraries, stacks and what allocators keep, in bytes; the same as for stages on this machine.
  package static let memoryBesides = 256 << 20
  /// A job is notified of its limit this many seconds before it, or a quarter of the limit.
  package static let warning = 120

  package static let words =
    "limits: 1.5 times the estimate and 5 minutes; memory: 1.25 times the estimate and 256 MiB"
}

extension [JobArray] {
  /// The arrays of packed tasks: one for each level, or more where one would have too many tasks.
  ///
  /// - Parameters:
  ///   - limit: the longest time limit in minutes.
  ///   - largestArray: the number of indices that an array may have.
  package init(
    of packing: TaskPacking, seconds: Double, processors: ProcessorShare, limit: Int?,
    largestArray: Int
  ) {
    var arrays: [JobArray] = []
    /// The number of each packed task.
    var numbers: [TaskNumber?] = .init(repeating: nil, count: packing.tasks.count)
    for level in 0..<((packing.levels.max() ?? -1) + 1) {
      let members = packing.tasks.indices.filter { packing.levels[$0] == level }
      let needs = members.map { member in
        Set(packing.tasks[member].needs.compactMap { numbers[$0] })
      }
      if let partner = Self.partner(of: needs) {
        let own = zip(members, needs).sorted { $0.1.first?.index ?? 0 < $1.1.first?.index ?? 0 }
        for (member, needs) in own {
          numbers[member] = TaskNumber(array: arrays.count, index: needs.first?.index ?? 0)
        }
        arrays.append(
          Self.array(
            of: own.map { ($0.0, $0.1) }, packing, numbers, seconds, processors, limit,
            partner: partner))
        continue
      }
      for start in stride(from: 0, to: members.count, by: largestArray) {
        let part = start..<Swift.min(start + largestArray, members.count)
        for (index, member) in members[part].enumerated() {
          numbers[member] = TaskNumber(array: arrays.count, index: index)
        }
        arrays.append(
          Self.array(
            of: zip(members[part], needs[part]).map { ($0, $1) }, packing, numbers, seconds,
            processors,
            limit, partner: nil))
      }
    }
    self = arrays
  }

  /// The array of which each task needs one task, each another one; `nil` if there is none.
  private static func partner(of needs: [Set<TaskNumber>]) -> Int? {
    guard needs.allSatisfy({ $0.count == 1 }), let array = needs.first?.first?.array,
      needs.allSatisfy({ $0.first?.array == array }), Set(needs).count == needs.count
    else { return nil }
    return array
  }

  private static func array(
    of members: [(Int, Set<TaskNumber>)], _ packing: TaskPacking, _ numbers: [TaskNumber?],
    _ seconds: Double, _ processors: ProcessorShare, _ limit: Int?, partner: Int?
  ) -> JobArray {
    let tasks = members.map { packing.tasks[$0.0] }
    let longest = tasks.map(\.longest).max() ?? 0
    let count = processors.count(longest: longest, seconds: seconds)
    let loads = tasks.flatMap(\.stages)
    let times = tasks.map { $0.work / Double(count) }
    // Stages with one processor each run side by side.
    let bytes =
      tasks.map { task in
        task.stages.map(\.memory).sorted(by: >).prefix(count).reduce(0) { sum, memory in
          let (total, isTooLarge) = sum.addingReportingOverflow(memory)
          return isTooLarge ? .max / 8 : Swift.min(total, .max / 8)
        }
      }.max() ?? 0
    let wanted = Double(bytes) * Margin.memory + Double(Margin.memoryBesides)
    let expected = ((times.max() ?? 0) * Margin.time + Margin.startSeconds) / 60
    let minutes = Int(Swift.min(expected.rounded(.up), 5e5))
    return JobArray(
      tasks: zip(members, times).map { member, time in
        JobArray.Task(
          index: numbers[member.0]?.index ?? 0,
          stages: packing.tasks[member.0].stages.map(\.position), seconds: time, needs: member.1)
      }, processors: count, memory: Int((wanted / 1048576).rounded(.up)),
      minutes: limit.map { Swift.min($0, minutes) } ?? minutes,
      largest: loads.max { ($0.memory, -$0.position) < ($1.memory, -$1.position) }?.position ?? 0,
      partner: partner)
  }
}
