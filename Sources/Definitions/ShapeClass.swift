/// The classes of the built-in dataset.
package enum ShapeClass: String, CaseIterable, Sendable {
  // By ascending UTF-8 bytes of their names, as in every dataset.
  case branch, flower, gear, house, ladder, leaf, snake, starfish, truck, window

  package enum Family: String, CaseIterable, Sendable {
    case manMade = "man-made"
    case natural
  }

  package var family: Family {
    switch self {
    case .gear, .house, .ladder, .truck, .window: .manMade
    case .branch, .flower, .leaf, .snake, .starfish: .natural
    }
  }

  /// The names of a family's classes, in the order of the dataset.
  package static func names(of family: Family) -> [String] {
    allCases.filter { $0.family == family }.map(\.rawValue)
  }

  /// Height and width of its images, unless a dataset sets another size.
  package static let imageSide = 32
}
