/// What the parameters of a layer are put back to (Zhang, Bengio and Singer 2019).
package enum ResetTarget: String, Hashable, Sendable, CaseIterable {
  /// Those that training started from: drawn, or copied from elsewhere.
  case initial
  /// Others from the distribution that initial ones are drawn from.
  case random

  /// The numbers of draws that a stage may make, and the usual one.
  package static let draws = 1...100
  package static let usualDraws = 3
}
