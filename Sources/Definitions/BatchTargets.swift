/// What a network is trained towards: for each image of a batch its class, or a mixture of two classes.
package struct BatchTargets: Hashable, Sendable {
  /// Each image's own class.
  package var labels: [Int32]
  /// Each image's other class; empty if no image has one.
  package var others: [Int32]
  /// The share of each image's own class in its target, 0…1; the other class has the rest. Empty like `others`.
  package var shares: [Float]

  package init(labels: [Int32], others: [Int32] = [], shares: [Float] = []) {
    precondition(others.count == shares.count, "each other class has a share")
    precondition(others.isEmpty || others.count == labels.count, "all images are mixed, or none")
    self.labels = labels
    self.others = others
    self.shares = shares
  }

  /// Those of some of the images.
  package func part(_ range: Range<Int>) -> BatchTargets {
    BatchTargets(
      labels: Array(labels[range]), others: others.isEmpty ? [] : Array(others[range]),
      shares: shares.isEmpty ? [] : Array(shares[range]))
  }
}
