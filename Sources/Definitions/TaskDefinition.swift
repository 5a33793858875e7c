import Basics

/// The subsets in which a dataset is stored.
package enum Subset: String, Hashable, Sendable, CaseIterable {
  case train, test
}

/// A task: a selection of a dataset's classes, and the number of training images.
package struct TaskDefinition: Hashable, Sendable {
  /// The name of the dataset in the pipeline.
  package var dataset: String
  /// The name of the split; `nil` if the task is an entire dataset.
  package var split: String?
  /// The name of the task in its split, or the name of the dataset.
  package var name: String
  package var classes: ClassSelection
  /// The limit on training images per class; `nil` for all. Does not affect evaluation.
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

/// How the classes of a task are selected.
package enum ClassSelection: Hashable, Sendable {
  case all
  /// The `task`-th part of a random division into `tasks` parts.
  case random(seed: UInt64, task: Int, tasks: Int)
  case named([String])
  /// Classes listed in a file; planning reads it and replaces this by `named`.
  case listed(ClassFile)
  /// The selected classes, in the order of the dataset (which determines the labels 0, 1, …).
  ///
  /// A random division shuffles all classes by the seed and divides them into parts whose sizes differ by at most
  /// one, the larger ones first.
  ///
  /// - Throws: `UnknownClass` for a named class that the dataset lacks.
  package func classes(of all: [String]) throws(UnknownClass) -> [String] {
    try positions(among: all).map { all[$0] }
  }

  /// The positions of the selected classes among all, ascending.
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
        // The first one in the order of the pipeline file.
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
