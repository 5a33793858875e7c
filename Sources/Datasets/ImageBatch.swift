import Definitions

/// Images on their way into a network, and their labels; a buffer that is filled again and again.
package struct ImageBatch: Sendable {
  /// N × height × width × channels, preprocessed. May be longer: the first `count` images hold.
  package var images: [Float]
  /// N class positions. May be longer: the first `count` labels hold.
  package var labels: [Int32]
  /// The number of images now in the batch.
  package var count: Int

  /// An empty batch with room for `capacity` images of a network's input shape.
  package init(capacity: Int, input: Shape) {
    images = Array(repeating: 0, count: capacity * input.count)
    labels = Array(repeating: 0, count: capacity)
    count = 0
  }

  /// The number of images there is room for.
  package var capacity: Int { labels.count }
}
