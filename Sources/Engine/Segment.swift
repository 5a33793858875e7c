import Definitions
import Kernels

/// A layer in its place in a net.
struct WiredLayer {
  /// The layer of the network definition that the operation belongs to.
  var name: String
  var operation: Operation
  var layer: any Layer
  /// Whether the backward pass reaches it.
  var hasBackward: Bool
  /// Whether its input's gradient is wanted.
  var propagates: Bool
}

/// A part of a net that runs in one go.
struct Segment {
  /// In order.
  let layers: [WiredLayer]
  private let work: Work

  private enum Work {
    /// Each image goes through all layers before the next one begins.
    case imagewise([any ImageLayer], learning: [any ImageLayer])
    case batchwise(any BatchLayer)
  }

  private init(imagewise layers: [WiredLayer]) {
    self.layers = layers
    let imagewise = layers.map { wired in
      guard let layer = wired.layer as? any ImageLayer else {
        preconditionFailure("a layer is either image-wise or batch-wise")
      }
      return layer
    }
    work = .imagewise(
      imagewise, learning: zip(layers, imagewise).filter { $0.0.hasBackward }.map(\.1))
  }

  private init(batchwise wired: WiredLayer, _ layer: any BatchLayer) {
    layers = [wired]
    work = .batchwise(layer)
  }

  var isBatchwise: Bool { if case .batchwise = work { true } else { false } }
  var hasBackward: Bool { layers.contains(where: \.hasBackward) }

  /// Cuts a net's layers into segments: image-wise layers run together, others alone.
  static func group(_ layers: [WiredLayer], separatesLayers: Bool) -> [Segment] {
    var result: [Segment] = []
    var run: [WiredLayer] = []
    func close() {
      if !run.isEmpty { result.append(Segment(imagewise: run)) }
      run = []
    }
    for wired in layers {
      if let layer = wired.layer as? any BatchLayer {
        close()
        result.append(Segment(batchwise: wired, layer))
      } else {
        run.append(wired)
        if separatesLayers { close() }
      }
    }
    close()
    return result
  }

  func forward(in pass: Pass, on pool: ThreadPool) {
    switch work {
    case .batchwise(let layer):
      layer.forward(in: pass, on: pool)
    case .imagewise(let layers, _):
      for layer in layers { layer.prepare(for: pass, on: pool) }
      pool.run(pass.images) { image, worker in
        let place = Place(image: image, worker: worker)
        for layer in layers { layer.forward(place, in: pass) }
      }
    }
  }

  func backward(in pass: Pass, on pool: ThreadPool) {
    switch work {
    case .batchwise(let layer):
      layer.backward(in: pass, on: pool)
    case .imagewise(_, let learning):
      let chunks = pass.chunks
      pool.run(chunks.count) { chunk, worker in
        let range = chunks[chunk]
        for image in range {
          let place = Place(
            image: image, worker: worker, chunk: chunk,
            isFirstOfChunk: image == range.lowerBound)
          for layer in learning.reversed() { layer.backward(place, in: pass) }
        }
      }
      for layer in learning { layer.update(in: pass, on: pool) }
    }
  }
}
