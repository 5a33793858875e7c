import Basics
import Datasets
import Definitions
import Glibc
import TestSupport
import Testing

/// Measures what augmentation costs: `make bench` sets CAMBIUM_MEASURE_AUGMENTATION.
@Suite(
  .serialized, .enabled(if: getenv("CAMBIUM_MEASURE_AUGMENTATION") != nil, "only measures time"))
struct AugmentationSpeedTests {
  private static let jitter = ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)
  private static let lists: [(name: String, steps: [any AugmentationStep])] = [
    ("no steps", []),
    ("mirror", [Mirror()]),
    ("random-crop", [Padding(4), RandomCrop()]),
    ("random-resized-crop", [RandomResizedCrop()]),
    ("rotate: 15", [Rotate(degrees: 15)]),
    ("color-jitter: brightness", [ColorJitter(brightness: 0.4)]),
    ("color-jitter: contrast", [ColorJitter(contrast: 0.4)]),
    ("color-jitter: saturation", [ColorJitter(saturation: 0.4)]),
    ("color-jitter: hue", [ColorJitter(hue: 0.1)]),
    ("color-jitter: all", [jitter]),
    ("grayscale: 1", [Grayscale(probability: 1)]),
    ("cutout: 8", [Cutout(size: 8)]),
    ("rand-augment", [RandAugment()]),
    (
      "random-crop, mirror, rand-augment, cutout",
      [
        Padding(4), RandomCrop(), Mirror(), RandAugment(), Cutout(size: 8),
      ]
    ),
    ("random-resized-crop, mirror", [RandomResizedCrop(), Mirror()]),
    (
      "random-resized-crop, mirror, color-jitter, grayscale",
      [
        RandomResizedCrop(), Mirror(), jitter, Grayscale(probability: 0.2),
      ]
    ),
    ("random-resized-crop, mirror, rand-augment", [RandomResizedCrop(), Mirror(), RandAugment()]),
  ]

  /// Microseconds per image, the median of several batches: 32×32 from images of that size, 224×224 from 256×256.
  @Test func measure() throws {
    try withTemporaryFolder { folder in
      let small = try packedNoise(
        in: folder.appending("small"), train: 256, height: 32, width: 32)
      let large = try packedNoise(
        in: folder.appending("large"), train: 32, height: 256, width: 256)
      try measure([(small, 32), (large, 224)])
    }
  }

  private func measure(_ sizes: [(dataset: PackedDataset, input: Int)]) throws {
    print("augmentation, µs per image".padded(to: 58) + "32×32".padded(to: 10) + "224×224")
    for (name, steps) in AugmentationSpeedTests.lists {
      let times = try sizes.map { dataset, input in
        try microseconds(steps, of: dataset, input: input)
      }
      print(name.padded(to: 58) + times.map { "\($0)".padded(to: 10) }.joined())
    }
  }

  private func microseconds(
    _ steps: [any AugmentationStep], of dataset: PackedDataset, input: Int
  ) throws -> Double {
    let examples = try dataset.examples(.train, classes: ["b"])
    let mean = try MeanImage(.color, of: examples.images, in: dataset)
    let assembler = try BatchAssembler(
      dataset: dataset, mean: mean,
      preprocessing: Preprocessing(.centered(.color, scale: 1.0 / 64), augmentation: steps),
      input: Shape(channels: 3, height: input, width: input))
    var batch = ImageBatch(capacity: examples.count, input: assembler.input)
    let order = Array(examples.images.indices)
    let clock = ContinuousClock()
    let times = try (0..<15).map { epoch in
      try clock.measure {
        try assembler.assemble(
          examples, order: order, order.indices, stream: RandomStream(seed: UInt64(epoch)),
          into: &batch)
      }
    }
    let median = times.sorted()[times.count / 2] / examples.count
    return (Double(median.components.attoseconds) / 1e11).rounded() / 10
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
