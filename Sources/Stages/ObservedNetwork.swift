import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results

/// A trained network that is shown the images of an observation: the activations of all observed layers in one pass, batch
/// by batch.
struct ObservedNetwork {
  let observation: Observation
  let layers: [ObservedLayer]
  let dataset: PackedDataset
  /// In the order of the packed images (class by class, and in a class by name), unless they are shuffled.
  let examples: Examples
  /// What the images are shown to.
  let network: any TrainableNetwork
  private let batches: EvaluationBatches

  /// - Parameter order: draws the order of the images; `nil` for that of the packed ones.
  /// - Throws: `UnusableInput`; `DiagnosticError` where network, mean and images do not fit together, or memory is short.
  init(
    _ observation: Observation, order: RandomStream? = nil, on device: any Device,
    in context: StageContext
  ) throws {
    let (dataset, examples) = try context.dataset(of: observation.data) { dataset in
      let all = try dataset.examples(
        observation.subset, classes: observation.classes, holdOut: observation.holdOut)
      let chosen =
        observation.examples.map { all.limited(by: $0, classes: observation.classes) } ?? all
      return order.map { chosen.shuffled(by: $0) } ?? chosen
    }
    guard examples.count > 0 else {
      throw DiagnosticError(
        "the \(observation.subset.rawValue) subset has no images of the task's classes")
    }
    let mean = try context.mean(of: observation.trained)
    guard mean.shape == dataset.shape else {
      throw DiagnosticError(
        "the network was trained on \(mean.shape) images, but these are \(dataset.shape)")
    }
    self.observation = observation
    self.dataset = dataset
    self.examples = examples
    layers = observation.observed
    batches = EvaluationBatches(
      examples: examples,
      assembler: try BatchAssembler(
        dataset: dataset, mean: mean, preprocessing: observation.preprocessing,
        input: observation.network.input),
      batchSize: EvaluateWork.batch)
    network = try device.makeNetwork(
      observation.network, for: .observation(after: layers.map(\.operation)),
      maximumBatch: min(EvaluateWork.batch, examples.count), threads: context.threads)
    context.warnOfMissingThreads(of: network)
    let network = network
    try context.read(.weights, of: observation.trained) {
      try network.load(Weights(contentsOf: $0, on: context.fileSystem))
    }
  }

  /// The activations of a batch.
  struct Batch {
    /// The position of its first image among the examples.
    var first: Int
    var labels: [Int32]
    /// For each observed layer, one image after the other, in height × width × channels order.
    var activations: [[Float]]
  }

  /// The number of batches.
  var count: Int { batches.count }

  /// Passes the activations of each batch to `body`, in the order of the examples.
  ///
  /// - Throws: `Interrupted`; what `body` throws.
  func forEachBatch(unless stop: StopCheck, _ body: (Batch) throws -> Void) throws {
    var images = batches.makeBatch()
    for index in 0..<batches.count {
      try stop.check()
      try body(try batch(index, into: &images))
    }
  }

  /// An empty batch of images.
  func makeBatch() -> ImageBatch { batches.makeBatch() }

  /// The pixels of an example, 0…255, height × width × channels.
  ///
  /// - Throws: `UnusableInput` if the image cannot be decoded.
  func pixels(of example: Int) throws -> [UInt8] {
    try observation.data.withImages {
      try PackedDataset.Reader(dataset).withPixels(of: examples.images[example]) { Array($0) }
    }
  }

  /// The activations of a batch, whose images are put together in `images`.
  ///
  /// - Throws: `UnusableInput` if an image cannot be decoded.
  func batch(_ index: Int, into images: inout ImageBatch) throws -> Batch {
    try observation.data.withImages { try batches.fill(&images, index: index) }
    return Batch(
      first: index * batches.batchSize, labels: Array(images.filledLabels),
      activations: network.activations(of: images.filledImages))
  }
}

extension ActivationPooling {
  /// What is kept of activations.
  ///
  /// - Parameters:
  ///   - values: one image after the other, in height × width × channels order.
  ///   - shape: of one image.
  /// - Returns: one image after the other; means are taken in double precision, in the order of the places.
  func pooled(_ values: [Float], of shape: Shape) -> [Float] {
    let channels = shape.channels
    let places = shape.count / channels
    guard places > 1 else { return values }
    let images = values.count / shape.count
    let count = count(of: shape)
    return [Float](unsafeUninitializedCapacity: images * count) { kept, filled in
      values.withUnsafeBufferPointer { values in
        for image in 0..<images {
          let start = image * shape.count
          let target = image * count
          switch self {
          case .average:
            for channel in 0..<channels {
              var sum = 0.0
              for place in 0..<places { sum += Double(values[start + place * channels + channel]) }
              kept.initializeElement(at: target + channel, to: Float(sum / Double(places)))
            }
          case .max:
            for channel in 0..<channels {
              var largest = values[start + channel]
              for place in 1..<places {
                let value = values[start + place * channels + channel]
                // What is not a number stays.
                if value > largest || value.isNaN { largest = value }
              }
              kept.initializeElement(at: target + channel, to: largest)
            }
          case .none:
            for channel in 0..<channels {
              for place in 0..<places {
                kept.initializeElement(
                  at: target + channel * places + place,
                  to: values[start + place * channels + channel])
              }
            }
          }
        }
      }
      filled = images * count
    }
  }
}
