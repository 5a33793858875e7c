import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results
import SystemPackage

/// Runs `features` stages: keeps the activations of a trained network after chosen layers.
package struct FeaturesRunner: StageRunner {
  private let device: any Device
  private let time: any TimeSource

  /// - Parameter device: creates networks.
  package init(
    device: any Device = ProcessorDevice(),
    time: any TimeSource = SystemTimeSource()
  ) {
    self.device = device
    self.time = time
  }

  package func run(
    _ work: FeaturesWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let observation = work.observation
    let network = try ObservedNetwork(observation, on: device, in: context)
    let images = network.examples.count
    let pooling = observation.pooling
    let path = context.workspace.appending(ArtifactFile.features.name)
    var file = try TensorFileWriter(
      path,
      tensors: network.layers.map { layer in
        let keepsMap = pooling == .none
        return (
          layer.name,
          [images] + (keepsMap ? layer.shape.dimensions : [pooling.count(of: layer.shape)])
        )
      }, on: context.fileSystem)
    let started = time.now
    var isFinite = true
    try network.forEachBatch(unless: context.stop) { batch in
      for (index, layer) in network.layers.enumerated() {
        let kept = pooling.pooled(batch.activations[index], of: layer.shape)
        isFinite = isFinite && kept.allSatisfy(\.isFinite)
        try file.append(kept, to: index)
      }
      context.progress(
        StageProgress(
          completed: batch.first + batch.labels.count, total: images, unit: "images"))
    }
    try file.finish()
    if !isFinite { context.warn("some activations are not finite numbers") }
    var provenance = StageProvenance(engine: try device.provenance())
    provenance.speed = StageSpeed(images: images, seconds: time.now - started)
    let details = FeatureImages(
      classes: observation.classes, subset: observation.subset,
      labels: network.examples.labels.map(Int.init),
      positions: try network.dataset.positions(
        of: network.examples, in: observation.subset, classes: observation.classes))
    let detailsPath = context.workspace.appending(FeatureImages.file.name)
    try context.fileSystem.write(details.contents, to: detailsPath)
    return StageProduct(
      files: [ArtifactFile.features.name: path, FeatureImages.file.name: detailsPath],
      metrics: FeaturesResult(
        images: images,
        layers: network.layers.map { .init(name: $0.name, values: pooling.count(of: $0.shape)) },
        isFinite: isFinite
      ).metrics, provenance: provenance.value)
  }
}

extension PackedDataset {
  /// For each example, its position among the stored images of its class and subset: in the order of their names.
  func positions(
    of examples: Examples, in portion: Portion, classes: [String]
  ) throws -> [Int] {
    let stored = try self.examples(portion == .test ? .test : .train, classes: classes)
    var first = [Int](repeating: 0, count: classes.count)
    for (image, label) in zip(stored.images, stored.labels).reversed() { first[Int(label)] = image }
    return zip(examples.images, examples.labels).map { $0 - first[Int($1)] }
  }
}
