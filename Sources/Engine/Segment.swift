import Definitions
import Kernels

/// A layer at its position in a net.
struct WiredLayer {
  /// The layer of the network definition that the operation belongs to.
  var name: String
  var operation: Operation
  var layer: any Layer
  /// Whether the backward pass includes it.
  var hasBackward: Bool
  /// Whether each input's gradient is wanted.
  var propagates: [Bool]

  /// The inputs whose gradient is to be added to what they are a branch of.
  private var branches: [(from: Blob, to: Blob)] {
    zip(layer.inputs, propagates).compactMap { input, propagates in
      guard propagates, let origin = input.origin else { return nil }
      return (input, origin)
    }
  }

  /// Adds the gradients of branches, once the layer has computed them for the images.
  func addBranches(_ places: some Sequence<Place>) {
    for (from, to) in branches {
      for place in places {
        add(from.gradient(place), to: to.gradient(place), count: from.shape.count)
      }
    }
  }
}

/// A part of a net that runs as a unit.
struct Segment {
  /// In order.
  let layers: [WiredLayer]
  private let work: Work

  private enum Work {
    /// The head, if there is one, computes a block of images, each of which passes through the image-wise layers
    /// before the next block begins.
    case blockwise(head: (any BlockLayer)?, [(wired: WiredLayer, layer: any ImageLayer)])
    case batchwise(WiredLayer, any BatchLayer)
  }

  /// Image-wise layers, the first of which may be a block layer.
  private init(blockwise layers: [WiredLayer]) {
    self.layers = layers
    let head = layers[0].layer as? any BlockLayer
    work = .blockwise(
      head: head,
      layers.dropFirst(head == nil ? 0 : 1).map { wired in
        guard let layer = wired.layer as? any ImageLayer else {
          preconditionFailure("a layer is image-wise, block-wise or batch-wise")
        }
        return (wired, layer)
      })
  }

  private init(batchwise wired: WiredLayer, _ layer: any BatchLayer) {
    layers = [wired]
    work = .batchwise(wired, layer)
  }

  var isBatchwise: Bool { if case .batchwise = work { true } else { false } }
  var hasBackward: Bool { layers.contains(where: \.hasBackward) }

  /// Images that pass through the segment together.
  var blockImages: Int {
    if case .blockwise(let head?, _) = work { head.blockImages } else { 1 }
  }

  /// Divides the layers of a net into segments: image-wise layers run together with the block layer before them,
  /// others alone.
  static func group(_ layers: [WiredLayer], separatesLayers: Bool) -> [Segment] {
    var result: [Segment] = []
    var run: [WiredLayer] = []
    func close() {
      if !run.isEmpty { result.append(Segment(blockwise: run)) }
      run = []
    }
    for wired in layers {
      if let layer = wired.layer as? any BatchLayer {
        close()
        result.append(Segment(batchwise: wired, layer))
      } else {
        if wired.layer is any BlockLayer { close() }
        run.append(wired)
        if separatesLayers { close() }
      }
    }
    close()
    return result
  }

  func forward(in pass: Pass, on pool: ThreadPool) {
    switch work {
    case .batchwise(_, let layer):
      layer.forward(in: pass, on: pool)
    case .blockwise(let head, let layers):
      head?.prepare(for: pass, on: pool)
      let size = blockImages
      pool.run((pass.images + size - 1) / size) { task, worker in
        let block = Block(
          images: task * size..<min((task + 1) * size, pass.images), worker: worker)
        head?.forward(block, in: pass)
        for place in block.places {
          for (_, layer) in layers { layer.forward(place, in: pass) }
        }
      }
    }
  }

  /// Only for segments that have a backward pass.
  func backward(in pass: Pass, on pool: ThreadPool) {
    switch work {
    case .batchwise(let wired, let layer):
      layer.backward(in: pass, on: pool)
      pool.run(pass.images) { wired.addBranches([Place(image: $0, worker: $1)]) }
    case .blockwise(let head, let layers):
      let hasHead = self.layers[0].hasBackward
      let schedule =
        (hasHead ? head?.schedule(images: pass.images) : nil)
        ?? .chunks(images: pass.images, blockImages: 1)
      if hasHead { head?.prepareBackward(in: pass, on: pool) }
      for round in 0..<schedule.rounds {
        schedule.run(round: round, on: pool) { block in
          for place in block.places {
            for (wired, layer) in layers.reversed() where wired.hasBackward {
              layer.backward(place, in: pass)
              wired.addBranches([place])
            }
          }
          guard hasHead, let head else { return }
          head.backward(block, in: pass)
          self.layers[0].addBranches(block.places)
        }
        if hasHead { head?.finish(round: round, of: schedule, on: pool) }
      }
      if hasHead { head?.update(in: pass, on: pool) }
    }
  }
}
