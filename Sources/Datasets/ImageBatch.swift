import Definitions

/// Network inputs and their labels, in a reusable buffer.
package struct ImageBatch: Sendable {
  /// N × height × width × channels, preprocessed. May be longer: only the first `count` images are valid.
  package var images: [Float]
  /// N class positions. May be longer: only the first `count` labels are valid.
  package var labels: [Int32]
  /// Where the images are mixed, the second class of each and the share of its own; otherwise empty.
  package private(set) var others: [Int32] = []
  package private(set) var shares: [Float] = []
  /// The number of images in the batch.
  package var count: Int

  /// An empty batch with room for `capacity` images of a network's input shape.
  package init(capacity: Int, input: Shape) {
    images = Array(repeating: 0, count: capacity * input.count)
    labels = Array(repeating: 0, count: capacity)
    count = 0
  }

  /// States whether each image is mixed with the one before it, and the first with the last.
  ///
  /// - Parameter share: that of its own class in an image's target; `nil` if the images are not mixed.
  mutating func setMixture(share: Float?) {
    others.removeAll(keepingCapacity: true)
    shares.removeAll(keepingCapacity: true)
    guard let share else { return }
    for row in 0..<count {
      others.append(labels[row == 0 ? count - 1 : row - 1])
      shares.append(share)
    }
  }

  /// The maximum number of images.
  package var capacity: Int { labels.count }
}
