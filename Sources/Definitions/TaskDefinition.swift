import Basics

/// Which of the subsets that a dataset is stored in.
package enum Subset: String, Hashable, Sendable, CaseIterable {
  case train, test
}

/// A task: some of a dataset's classes, and how much of them is trained on.
package struct TaskDefinition: Hashable, Sendable {
  /// The dataset's name in the pipeline.
  package var dataset: String
  /// The split's name; `nil` where the task is a whole dataset.
  package var split: String?
  /// The task's name in its split, or the dataset's name.
  package var name: String
  package var classes: ClassSelection
  /// Training images of each class, at most; `nil` for all. Says nothing of evaluation.
  package var examples: Int?

  package init(
    dataset: String, split: String?, name: String, classes: ClassSelection, examples: Int? = nil
  ) {
    self.dataset = dataset
    self.split = split
    self.name = name
    self.classes = classes
    self.examples = examples
  }
}

/// How a task's classes are chosen.
package enum ClassSelection: Hashable, Sendable {
  case all
  /// The `task`-th part of a random division into `tasks` parts.
  case random(seed: UInt64, task: Int, tasks: Int)
  case named([String])
  /// Those that a file lists; planning reads it, and goes on with `named`.
  case listed(ClassFile)
  /// The chosen classes, in the dataset's order (which fixes the labels 0, 1, …).
  ///
  /// A random division shuffles all classes by the seed and deals them out in parts whose sizes differ
  /// by at most one, the first being the larger.
  /// - Throws: `UnknownClass` for a named class that the dataset lacks.
  package func classes(of all: [String]) throws(UnknownClass) -> [String] {
    try positions(among: all).map { all[$0] }
  }

  /// Where the chosen classes stand among all, ascending.
  ///
  /// - Throws: `UnknownClass` for a named class that the dataset lacks.
  package func positions(among all: [String]) throws(UnknownClass) -> [Int] {
    switch self {
    case .all:
      return Array(all.indices)
    case .random(let seed, let task, let tasks):
      let order = RandomStream(seed: seed).stream(for: "split").permutation(of: all.count)
      let small = all.count / tasks
      let larger = all.count % tasks
      let first = task * small + min(task, larger)
      let chosen = order[first..<first + small + (task < larger ? 1 : 0)]
      return chosen.sorted()
    case .named(let names):
      var chosen = Set(names)
      let positions = all.indices.filter { chosen.remove(all[$0]) != nil }
      guard chosen.isEmpty else {
        // The first as the user wrote them.
        for name in names where chosen.contains(name) {
          throw UnknownClass(name: name, known: all)
        }
        preconditionFailure("what is left over was chosen")
      }
      return positions
    case .listed:
      preconditionFailure("the file is read before classes are chosen")
    }
  }
}

/// A class that a split names and the dataset lacks.
package struct UnknownClass: Error, Equatable {
  package var name: String
  package var known: [String]
}
