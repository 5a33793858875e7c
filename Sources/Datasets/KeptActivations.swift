import Basics
import Definitions

/// Batches of cached activations instead of images.
package struct KeptActivations: BatchSource {
  package var input: Shape { file.shape }
  private let file: ActivationFile
  /// For each image of the dataset, its position in the file; −1 for none.
  private let positions: [Int32]

  /// - Parameter images: the images whose activations the file contains, in its order.
  package init(_ file: ActivationFile, of images: [Int]) {
    precondition(images.count == file.images, "the file is of these images")
    self.file = file
    var positions = [Int32](repeating: -1, count: (images.max() ?? -1) + 1)
    for (position, image) in images.enumerated() { positions[image] = Int32(position) }
    self.positions = positions
  }

  package func assemble(_ examples: Examples, _ range: Range<Int>, into batch: inout ImageBatch) {
    fill(&batch, examples, range.count) { range.lowerBound + $0 }
  }

  package func assemble(
    _ examples: Examples, order: [Int], _ range: Range<Int>, stream: RandomStream,
    into batch: inout ImageBatch
  ) {
    fill(&batch, examples, range.count) { order[range.lowerBound + $0] }
  }

  private func fill(
    _ batch: inout ImageBatch, _ examples: Examples, _ count: Int, example: (Int) -> Int
  ) {
    precondition(count <= batch.capacity, "the batch has room for its images")
    let length = input.count * MemoryLayout<Float>.size
    batch.count = count
    batch.images.withUnsafeMutableBytes { images in
      for row in 0..<count {
        let example = example(row)
        let position = Int(positions[examples.images[example]])
        UnsafeMutableRawBufferPointer(rebasing: images[row * length..<(row + 1) * length])
          .copyMemory(from: file.values(of: position))
      }
    }
    for row in 0..<count { batch.labels[row] = examples.labels[example(row)] }
  }
}
