import Basics

/// A pipeline's declaration of a dataset's content: the order of its classes, and the number of images.
///
/// Data that exists must match it; for missing data, plans can be based on it.
package struct DatasetDeclaration: Hashable, Sendable {
  package enum Classes: Hashable, Sendable {
    /// In the order of the labels.
    case listed([String])
    /// Only their number.
    case count(Int)
    /// In the order of a file's lines: the first word of each.
    case file(String)
  }

  package enum Images: Hashable, Sendable {
    case total(Int)
    case perClass(Int)
  }

  package var classes: Classes?
  package var train: Images?
  package var test: Images?

  package init(classes: Classes? = nil, train: Images? = nil, test: Images? = nil) {
    self.classes = classes
    self.train = train
    self.test = test
  }
}

extension DatasetDeclaration.Images {
  /// The images of each class; a total is divided so that classes differ by at most one.
  package func counts(classes: Int) -> [Int] {
    switch self {
    case .perClass(let count):
      Array(repeating: count, count: classes)
    case .total(let total):
      (0..<classes).map { total / classes + ($0 < total % classes ? 1 : 0) }
    }
  }

  /// Whether a dataset with these numbers of images per class matches the declaration.
  package func agrees(with counts: [Int]) -> Bool {
    switch self {
    case .perClass(let count): counts.allSatisfy { $0 == count }
    case .total(let total): counts.reduce(0, +) == total
    }
  }
}

extension DatasetDeclaration.Images: CustomStringConvertible {
  package var description: String {
    switch self {
    case .perClass(let count): "\(count) of each class"
    case .total(let total): "\(total)"
    }
  }
}
