import Definitions

/// Network inputs and their labels, in a reusable buffer.
package struct ImageBatch: Sendable {
  /// N × height × width × channels, preprocessed. May be longer: only the first `count` images are valid.
  package var images: [Float]
  /// N class positions. May be longer: only the first `count` labels are valid.
  package var labels: [Int32]
  /// The number of images in the batch.
  package var count: Int

  /// An empty batch with room for `capacity` images of a network's input shape.
  package init(capacity: Int, input: Shape) {
    images = Array(repeating: 0, count: capacity * input.count)
    labels = Array(repeating: 0, count: capacity)
    count = 0
  }

  /// The maximum number of images.
  package var capacity: Int { labels.count }
}
