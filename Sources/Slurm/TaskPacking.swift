/// Stages that one task performs, and the tasks that it waits for.
package struct PackedTask: Hashable, Sendable {
  /// In the order of the plan.
  package var stages: [StageLoad]
  /// Positions of other tasks.
  package var needs: Set<Int> = []

  /// Processor seconds.
  package var work: Double { stages.reduce(0) { $0 + $1.work } }
  /// The longest of its stages, in processor seconds.
  var longest: Double { stages.map(\.work).max() ?? 0 }
}

/// Divides stages into tasks of a wanted length.
///
/// 1. A stage joins the task of its inputs if nothing else waits for these, or if it is short beside them and nothing waits
///    for it alone, as the evaluation of a network is: as a task of its own it would wait in the queue for nothing.
/// 2. What is independent is cut, in the order of the plan, into equal parts of about the wanted length. A stage longer
///    than half of it stays alone.
/// 3. Tasks that only wait for each other become one while together they are not longer than wanted.
///
/// The result depends on the stages alone.
package struct TaskPacking: Sendable {
  package private(set) var tasks: [PackedTask] = []
  /// The depth of each task: 0 if it waits for no other.
  package private(set) var levels: [Int] = []

  private let seconds: Double
  private let processors: ProcessorShare

  /// A stage this short beside the task of its inputs joins it.
  private static let shortShare = 0.2

  /// - Parameters:
  ///   - loads: in the order of the plan, each after those it needs.
  ///   - seconds: the wanted length of a task.
  package init(_ loads: [StageLoad], seconds: Double, processors: ProcessorShare) {
    self.seconds = seconds
    self.processors = processors
    var clusters = chained(loads)
    clusters = cut(clusters)
    contract(&clusters)
    (tasks, levels) = TaskPacking.ordered(clusters)
  }

  /// The work that a task of the wanted length does, if this is the longest stage in it.
  private func capacity(longest: Double) -> Double {
    seconds * Double(processors.count(longest: longest, seconds: seconds))
  }

  private func fits(_ first: PackedTask, _ second: PackedTask) -> Bool {
    first.work + second.work <= capacity(longest: max(first.longest, second.longest))
  }

  // MARK: - Steps

  private func chained(_ loads: [StageLoad]) -> [PackedTask] {
    var tasks: [PackedTask] = []
    /// The task of each stage, by its position in the plan.
    var places: [Int: Int] = [:]
    let direct = TaskPacking.directNeeds(of: loads)
    var dependents: [Int: Set<Int>] = [:]
    /// Stages that something waits for, and for nothing else.
    var starts: Set<Int> = []
    /// The work of the short stages that have joined each task.
    var shortWork: [Int: Double] = [:]
    for load in loads {
      let needs = direct[load.position] ?? []
      for need in needs { dependents[need, default: []].insert(load.position) }
      if needs.count == 1 { starts.formUnion(needs) }
    }
    for load in loads {
      let needs = Set(load.needs.compactMap { places[$0] })
      let directPlaces = Set((direct[load.position] ?? []).compactMap { places[$0] })
      if directPlaces.count == 1, let place = directPlaces.first {
        let task = tasks[place]
        let members = Set(task.stages.map(\.position))
        let short = (shortWork[place] ?? 0) + load.work
        let isShort =
          !starts.contains(load.position)
          && short <= TaskPacking.shortShare * (task.work - (shortWork[place] ?? 0))
        let waiting = members.reduce(into: Set<Int>()) { $0.formUnion(dependents[$1] ?? []) }
          .subtracting(members)
        let isOnly = waiting == [load.position]
        if isShort || isOnly && fits(task, PackedTask(stages: [load])) {
          if isShort { shortWork[place] = short }
          tasks[place].stages.append(load)
          tasks[place].needs.formUnion(needs.subtracting([place]))
          places[load.position] = place
          continue
        }
      }
      places[load.position] = tasks.count
      tasks.append(PackedTask(stages: [load], needs: needs))
    }
    return tasks
  }

  /// The needs of each stage without those that others of its needs have as well.
  private static func directNeeds(of loads: [StageLoad]) -> [Int: [Int]] {
    var above: [Int: Set<Int>] = [:]
    var direct: [Int: [Int]] = [:]
    for load in loads {
      let indirect = load.needs.reduce(into: Set<Int>()) { $0.formUnion(above[$1] ?? []) }
      direct[load.position] = load.needs.filter { !indirect.contains($0) }
      above[load.position] = indirect.union(load.needs)
    }
    return direct
  }

  private func cut(_ clusters: [PackedTask]) -> [PackedTask] {
    let levels = TaskPacking.levels(of: clusters)
    var result: [PackedTask] = []
    /// The new task of each old one.
    var places = [Int](repeating: 0, count: clusters.count)
    for level in 0..<((levels.max() ?? -1) + 1) {
      let own = clusters.indices.filter { levels[$0] == level }
      let capacity = capacity(longest: own.map { clusters[$0].longest }.max() ?? 0)
      let small = own.filter { clusters[$0].work <= capacity / 2 }
      let total = small.reduce(0) { $0 + clusters[$1].work }
      let parts = max(1, (total / capacity).rounded(.up))
      let share = max(total / parts, .leastNonzeroMagnitude)
      var done = 0.0
      var open: Int?
      var part = -1.0
      for index in own {
        let work = clusters[index].work
        if work > capacity / 2 {
          places[index] = result.count
          result.append(clusters[index])
          continue
        }
        let here = min(((done + work / 2) / share).rounded(.down), parts - 1)
        done += work
        if let open, here == part {
          result[open].stages += clusters[index].stages
          result[open].needs.formUnion(clusters[index].needs)
          places[index] = open
        } else {
          open = result.count
          part = here
          places[index] = result.count
          result.append(clusters[index])
        }
      }
    }
    for index in result.indices {
      result[index].needs = Set(result[index].needs.map { places[$0] })
    }
    return result
  }

  private func contract(_ tasks: inout [PackedTask]) {
    /// The task that each was merged into.
    var places = Array(tasks.indices)
    var dependents = [Set<Int>](repeating: [], count: tasks.count)
    for (index, task) in tasks.enumerated() {
      for need in task.needs { dependents[need].insert(index) }
    }
    for index in tasks.indices {
      guard tasks[index].needs.count == 1, let need = tasks[index].needs.first,
        dependents[need].count == 1
      else { continue }
      var place = need
      while places[place] != place { place = places[place] }
      guard fits(tasks[place], tasks[index]) else { continue }
      tasks[place].stages += tasks[index].stages
      places[index] = place
    }
    func place(_ index: Int) -> Int {
      var place = index
      while places[place] != place { place = places[place] }
      return place
    }
    let kept = tasks.indices.filter { places[$0] == $0 }
    let numbers = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    tasks = kept.map { index in
      var task = tasks[index]
      task.needs = Set(task.needs.compactMap { numbers[place($0)] })
      return task
    }
  }

  /// By level, and within a level in the order of the plan.
  private static func ordered(_ tasks: [PackedTask]) -> ([PackedTask], [Int]) {
    let levels = levels(of: tasks)
    let order = tasks.indices.sorted {
      (levels[$0], tasks[$0].stages[0].position) < (levels[$1], tasks[$1].stages[0].position)
    }
    let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    let sorted = order.map { index in
      var task = tasks[index]
      task.needs = Set(task.needs.compactMap { numbers[$0] })
      task.stages.sort { $0.position < $1.position }
      return task
    }
    return (sorted, order.map { levels[$0] })
  }

  private static func levels(of tasks: [PackedTask]) -> [Int] {
    var levels = [Int?](repeating: nil, count: tasks.count)
    for root in tasks.indices {
      // An explicit stack, since chains may be long.
      var stack = [root]
      while let index = stack.last {
        let open = tasks[index].needs.filter { levels[$0] == nil }
        if open.isEmpty {
          levels[index] = (tasks[index].needs.compactMap { levels[$0] }.max() ?? -1) + 1
          stack.removeLast()
        } else {
          stack += open
        }
      }
    }
    return levels.map { $0 ?? 0 }
  }
}

/// The processors of a task.
package enum ProcessorShare: Hashable, Sendable {
  case fixed(Int)
  /// As many as its longest stage needs to end within the wanted length, at most so many.
  case atMost(Int)

  /// - Parameters:
  ///   - longest: the work of the longest stage, in processor seconds.
  ///   - seconds: the wanted length of a task.
  func count(longest: Double, seconds: Double) -> Int {
    switch self {
    case .fixed(let count): return count
    case .atMost(let most):
      return max(1, Int(min((longest / seconds).rounded(.up), Double(most))))
    }
  }
}
