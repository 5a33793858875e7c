import Basics

/// How many values a weighted operation gives: units of a dense one, filters of a convolution.
package enum OutputUnits: Hashable, Sendable {
  case count(Int)
  /// One for each class of the task the network is trained on.
  case classes

  package func resolved(classes: Int) -> OutputUnits { self == .classes ? .count(classes) : self }

  /// - Precondition: the number of classes is resolved.
  package var resolved: Int {
    guard case .count(let count) = self else {
      preconditionFailure("the number of classes is not resolved")
    }
    return count
  }
}

extension OutputUnits: ValueConvertible {
  package var value: Value {
    switch self {
    case .count(let count): .integer(count)
    case .classes: "classes"
    }
  }
}

extension OutputUnits: ExpressibleByIntegerLiteral {
  package init(integerLiteral count: Int) { self = .count(count) }
}
