/// What is known about a dataset's classes without reading any file.
package enum KnownClasses: Hashable, Sendable {
  /// All of them, in the order of the dataset.
  case named([String])
  /// Only their number.
  case counted(Int)

  package var count: Int {
    switch self {
    case .named(let names): names.count
    case .counted(let count): count
    }
  }
}

extension DatasetDefinition {
  /// The classes, if the definition itself states them.
  package var knownClasses: KnownClasses? {
    let shapes = ShapeClass.allCases.map(\.rawValue)
    guard case .shapes = source else {
      switch declaration.classes {
      case .listed(let names)?: return .named(names)
      case .count(let count)?: return .counted(count)
      case .file?, nil: return nil
      }
    }
    switch declaration.classes {
    case .listed(let names)?: return .named(names)
    case .file?: return .counted(shapes.count)
    case .count?, nil: return .named(shapes)
    }
  }

  /// Height and width of the packed images; `nil` if they are those of the files.
  package var imageSize: Size? {
    if let size { return size }
    guard case .shapes = source else { return nil }
    return Size(height: ShapeClass.imageSide, width: ShapeClass.imageSide)
  }

  /// The number of images per class in a subset, if it is known to be the same for all classes.
  package func knownImages(_ subset: Subset) -> Int? {
    if case .shapes(_, let train, let test) = source { return subset == .train ? train : test }
    guard case .perClass(let count)? = subset == .train ? declaration.train : declaration.test
    else { return nil }
    return count
  }

  /// The number of images per class in a portion, if it is known to be the same for all classes.
  package func knownImages(_ portion: Portion) -> Int? {
    if portion == .test { return knownImages(Subset.test) }
    guard let stored = knownImages(Subset.train) else { return nil }
    // The number of a dataset's own validation images is not declared.
    guard subsets?.validation == nil else { return portion == .train ? stored : nil }
    let held = holdOut?.count(of: stored, class: "") ?? 0
    return portion == .train ? stored - held : held
  }
}

extension ClassSelection {
  /// The number of selected classes; `nil` if unknown.
  ///
  /// - Parameter all: what is known about the dataset's classes.
  package func count(among all: KnownClasses?) -> Int? {
    switch self {
    case .all: return all?.count
    case .named(let names): return names.count
    case .listed: return nil
    case .random(_, let task, let tasks):
      guard let all else { return nil }
      return all.count / tasks + (task < all.count % tasks ? 1 : 0)
    }
  }

  /// The names of the selected classes; `nil` if unknown.
  package func names(among all: KnownClasses?) -> [String]? {
    switch (self, all) {
    case (.named(let names), _): names
    case (.all, .named(let all)?): all
    case (.random, .named(let all)?): try? classes(of: all)
    case (.all, _), (.random, _), (.listed, _): nil
    }
  }
}

extension TaskDefinition {
  /// The name of the task in pipelines: `halves.A`, or the name of the dataset.
  package var title: String { split.map { "\($0).\(name)" } ?? dataset }

  /// Whether two tasks have different classes; `nil` if unknown.
  ///
  /// The order of the classes has no meaning. Tasks of one split share no class.
  package func differsInClasses(
    from other: TaskDefinition, _ ownClasses: KnownClasses?, _ otherClasses: KnownClasses?
  ) -> Bool? {
    if dataset == other.dataset, classes == other.classes { return false }
    if dataset == other.dataset,
      isOtherPart(than: other) || isPart(of: other) || other.isPart(of: self)
    {
      return true
    }
    if let own = classes.count(among: ownClasses),
      let others = other.classes.count(among: otherClasses), own != others
    {
      return true
    }
    guard let own = classes.names(among: ownClasses),
      let others = other.classes.names(among: otherClasses)
    else { return nil }
    return Set(own) != Set(others)
  }

  /// Whether the other task is an entire dataset, and this one a random part of it, which has fewer classes.
  private func isPart(of other: TaskDefinition) -> Bool {
    guard case .random = classes, other.classes == .all else { return false }
    return true
  }

  /// Whether both are parts of the same division of a dataset's classes.
  private func isOtherPart(than other: TaskDefinition) -> Bool {
    guard split != nil, split == other.split, name != other.name else { return false }
    switch (classes, other.classes) {
    case (.random(let seed, let task, let tasks), .random(let seed2, let task2, let tasks2)):
      return seed == seed2 && tasks == tasks2 && task != task2
    case (.named, .named): return false  // Compared by name.
    case (.listed, .listed), (.listed, .named), (.named, .listed): return true
    default: return false
    }
  }
}
