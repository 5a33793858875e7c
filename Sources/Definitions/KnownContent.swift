/// What is known of a dataset's classes before any file is looked at.
package enum KnownClasses: Hashable, Sendable {
  /// All of them, in the dataset's order.
  case named([String])
  /// Their number alone.
  case counted(Int)

  package var count: Int {
    switch self {
    case .named(let names): names.count
    case .counted(let count): count
    }
  }
}

extension DatasetDefinition {
  /// The classes, where the definition itself tells them.
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

  /// Height and width of the packed images; `nil` where they are those of the files.
  package var imageSize: Size? {
    if let size { return size }
    guard case .shapes = source else { return nil }
    return Size(height: ShapeClass.imageSide, width: ShapeClass.imageSide)
  }

  /// The images of each class in a subset, where all classes are known to have as many.
  package func knownImages(_ subset: Subset) -> Int? {
    if case .shapes(_, let train, let test) = source { return subset == .train ? train : test }
    guard case .perClass(let count)? = subset == .train ? declaration.train : declaration.test
    else { return nil }
    return count
  }

  /// How many images of each class a portion has, where all classes are known to have as many.
  package func knownImages(_ portion: Portion) -> Int? {
    if portion == .test { return knownImages(Subset.test) }
    guard let stored = knownImages(Subset.train) else { return nil }
    let held = holdOut?.count(of: stored) ?? 0
    return portion == .train ? stored - held : held
  }
}

extension ClassSelection {
  /// How many classes are chosen; `nil` where that is not known.
  ///
  /// - Parameter all: what is known of the dataset's classes.
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

  /// The names of the chosen classes; `nil` where they are not known.
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
  /// How pipelines write the task: `halves.A`, or the dataset's name.
  package var title: String { split.map { "\($0).\(name)" } ?? dataset }

  /// Whether two tasks have other classes; `nil` where that is not known.
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

  /// Whether the other is all of a dataset, and this one a part of it by lot: each part has a class less.
  private func isPart(of other: TaskDefinition) -> Bool {
    guard case .random = classes, other.classes == .all else { return false }
    return true
  }

  /// Whether both are parts of one division of a dataset's classes.
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
