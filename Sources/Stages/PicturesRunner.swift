import Basics
import Datasets
import Definitions
import Engine
import Execution
import Measures
import Planning
import Results

/// Runs `pictures` stages: what activates the units of a trained network.
package struct PicturesRunner: StageRunner {
  private let device: any Device

  /// - Parameter device: creates networks.
  package init(device: any Device = ProcessorDevice()) { self.device = device }

  /// Images whose places are kept: more could not be distinguished in a figure.
  private static let mostPlaces = 2000

  package func run(
    _ work: PicturesWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let observation = work.observation
    let network = try ObservedNetwork(observation, on: device, in: context)
    let images = network.examples.count
    let positions = try network.dataset.positions(
      of: network.examples, in: observation.subset, classes: observation.classes)
    let names = FeatureImages(
      classes: observation.classes, subset: observation.subset,
      labels: network.examples.labels.map(Int.init), positions: positions)
    var strongest = network.layers.map { layer in
      [Strongest](
        repeating: Strongest(most: work.images), count: min(work.units, layer.shape.channels))
    }
    var pooled = network.layers.map { _ in [Float]() }
    try network.forEachBatch(unless: context.stop) { batch in
      for (index, layer) in network.layers.enumerated() {
        let values = batch.activations[index]
        for image in batch.labels.indices {
          let own = values[image * layer.shape.count..<(image + 1) * layer.shape.count]
          for unit in strongest[index].indices {
            strongest[index][unit].add(
              own, unit: unit, channels: layer.shape.channels, image: batch.first + image)
          }
        }
        pooled[index] += observation.pooling.pooled(values, of: layer.shape)
      }
      context.progress(
        StageProgress(completed: batch.first + batch.labels.count, total: images, unit: "images"))
    }
    let algebra = try context.linearAlgebra()
    var layers: [LayerPictures.Layer] = []
    for (index, layer) in network.layers.enumerated() {
      try context.stop.check()
      guard pooled[index].allSatisfy(\.isFinite) else {
        throw DiagnosticError(
          "some activations of layer '\(layer.name)' are not finite numbers: the network may have diverged"
        )
      }
      let components = try PrincipalComponents(
        of: LabelledFeatures(
          pooled[index], labels: names.labels, classes: observation.classes.count), algebra)
      let step = (images + PicturesRunner.mostPlaces - 1) / PicturesRunner.mostPlaces
      layers.append(
        LayerPictures.Layer(
          name: layer.name,
          units: try strongest[index].map { unit in
            try unit.found.map { try exemplar($0, of: layer, network, names) }
          },
          places: stride(from: 0, to: images, by: step).map { image in
            let place = components.places[image]
            return .init(x: place[0], y: place[1], label: names.labels[image])
          }, shares: [components.shares[0], components.shares[1]]))
    }
    let pictures = LayerPictures(classes: observation.classes, layers: layers)
    let file = context.workspace.appending(LayerPictures.file.name)
    try context.fileSystem.write(pictures.contents, to: file)
    return StageProduct(
      files: [LayerPictures.file.name: file],
      metrics: PicturesResult(images: images, layers: network.layers.map(\.name)).metrics,
      provenance: StageProvenance(engine: try device.provenance()).value)
  }

  /// The part of an image that a unit sees at the place where it is most active.
  private func exemplar(
    _ found: Strongest.Found, of layer: ObservedLayer, _ network: ObservedNetwork,
    _ names: FeatureImages
  ) throws -> LayerPictures.Exemplar {
    let definition = network.observation.network
    guard let position = definition.layers.firstIndex(where: { $0.name == layer.name }) else {
      preconditionFailure("observed layers are the network's")
    }
    let field = try definition.receptiveField(
      ofLayer: position, row: found.place / layer.shape.width,
      column: found.place % layer.shape.width)
    let shape = network.dataset.shape
    // The network reads the centre of the image.
    func pixels(_ range: ClosedRange<Int>, of input: Int, in image: Int) -> ClosedRange<Int> {
      let offset = (image - input) / 2
      let first = min(max(range.lowerBound + offset, 0), image - 1)
      return first...min(max(range.upperBound + offset, first), image - 1)
    }
    let rows = pixels(field.rows, of: definition.input.height, in: shape.height)
    let columns = pixels(field.columns, of: definition.input.width, in: shape.width)
    let step = (max(rows.count, columns.count) + PicturesWork.side - 1) / PicturesWork.side
    let source = try network.pixels(of: found.image)
    var picture: [UInt8] = []
    let (height, width) = ((rows.count + step - 1) / step, (columns.count + step - 1) / step)
    for y in stride(from: rows.lowerBound, through: rows.upperBound, by: step) {
      for x in stride(from: columns.lowerBound, through: columns.upperBound, by: step) {
        let start = (y * shape.width + x) * shape.channels
        // Grey images have one channel.
        for channel in 0..<3 { picture.append(source[start + min(channel, shape.channels - 1)]) }
      }
    }
    return LayerPictures.Exemplar(
      image: names.name(of: found.image), activation: Double(found.value), width: width,
      height: height, pixels: picture)
  }
}

/// The images that activate a unit most, each at its most active place; of equal ones, the first.
private struct Strongest {
  struct Found {
    var value: Float
    var image: Int
    var place: Int
  }

  let most: Int
  /// In descending order.
  private(set) var found: [Found] = []

  init(most: Int) { self.most = most }

  /// - Parameter values: of one image, places × channels.
  mutating func add(_ values: ArraySlice<Float>, unit: Int, channels: Int, image: Int) {
    var best = -Float.infinity
    var place = 0
    var index = values.startIndex + unit
    while index < values.endIndex {
      if values[index] > best {
        best = values[index]
        place = (index - values.startIndex) / channels
      }
      index += channels
    }
    if found.count == most, let last = found.last, best <= last.value { return }
    let target = found.firstIndex { best > $0.value } ?? found.count
    found.insert(Found(value: best, image: image, place: place), at: target)
    if found.count > most { found.removeLast() }
  }
}
