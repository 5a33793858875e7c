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

  /// What the parameters are called: `conv1` for `conv1.weight`.
  var parameterName: String? {
    guard let name = layer.parameters.first?.definition.name, let end = name.lastIndex(of: ".")
    else { return nil }
    return String(name[..<end])
  }

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
  /// The layer above that measures what these compute, which is the first of the next segment.
  private let tail: Measuring?
  private let work: Work

  private typealias Measuring = (wired: WiredLayer, layer: any MeasuringLayer)
  private typealias Wired = (wired: WiredLayer, layer: any ImageLayer)

  private enum Work {
    /// A block of images passes through the entry, which has measured all of them, and the image-wise layers after it; the
    /// head computes them together; each passes through the other image-wise layers, before the next block begins.
    case blockwise(
      entry: Entry?, below: [Wired], head: (wired: WiredLayer, layer: any BlockLayer)?, [Wired])
    case batchwise(WiredLayer, any BatchLayer)
  }

  /// A measuring layer at the beginning.
  private struct Entry {
    var wired: WiredLayer
    var layer: any MeasuringLayer
    /// Whether there is no segment before that measures for it.
    var measuresHere: Bool
  }

  /// - Parameters:
  ///   - layers: image-wise ones, the first of which may be measuring, and one of which may be a block layer.
  ///   - measuresFirst: whether the first one, if it measures, does so here.
  ///   - tail: the measuring layer above.
  private init(blockwise layers: [WiredLayer], measuresFirst: Bool, tail: WiredLayer?) {
    self.layers = layers
    self.tail = tail.flatMap { wired in (wired.layer as? any MeasuringLayer).map { (wired, $0) } }
    var rest = layers[...]
    var entry: Entry?
    if let first = rest.first, let layer = first.layer as? any MeasuringLayer, layer.measures {
      entry = Entry(wired: first, layer: layer, measuresHere: measuresFirst)
      rest = rest.dropFirst()
    }
    func imageWise(_ layers: some Sequence<WiredLayer>) -> [Wired] {
      layers.map { wired in
        guard let layer = wired.layer as? any ImageLayer else {
          preconditionFailure("a layer is image-wise, block-wise or batch-wise")
        }
        return (wired, layer)
      }
    }
    let head = rest.firstIndex { $0.layer is any BlockLayer }
    work = .blockwise(
      entry: entry, below: imageWise(rest[..<(head ?? rest.startIndex)]),
      head: head.flatMap { index in
        (rest[index].layer as? any BlockLayer).map { (rest[index], $0) }
      },
      imageWise(rest[(head.map { $0 + 1 } ?? rest.startIndex)...]))
  }

  private init(batchwise wired: WiredLayer, _ layer: any BatchLayer) {
    layers = [wired]
    tail = nil
    work = .batchwise(wired, layer)
  }

  var isBatchwise: Bool { if case .batchwise = work { true } else { false } }
  var hasBackward: Bool {
    layers.contains(where: \.hasBackward) || tail?.wired.propagates.contains(true) == true
  }

  /// Images that pass through the segment together.
  var blockImages: Int {
    if case .blockwise(_, _, let head?, _) = work { head.layer.blockImages } else { 1 }
  }

  /// The layers that the backward pass computes again before the head looks at their outputs, unless those are kept for another
  /// segment: a measuring one, whose own backward pass needs its input anyway, and those between it and the head.
  private var again: [Wired] {
    guard case .blockwise(let entry?, let below, let head?, _) = work, head.wired.hasBackward,
      entry.wired.hasBackward, entry.layer.computesAgain, below.allSatisfy(\.layer.computesAgain)
    else { return [] }
    return [(entry.wired, entry.layer)] + below
  }

  /// The values that the backward pass can compute again.
  var valuesComputedAgain: [Blob] { again.map(\.wired.layer.output) }

  /// The layer, if any, whose images the segment measures and whose gradient it computes, without computing its output.
  var measured: WiredLayer? { tail?.wired }

  /// Whether the segment before has the tasks of `measured` for the first layer.
  var isMeasuredBefore: Bool {
    if case .blockwise(let entry?, _, _, _) = work { !entry.measuresHere } else { false }
  }

  /// Divides the layers of a net into segments: image-wise layers run together with the block layer before or after
  /// them. Batch-wise layers run alone; measuring layers divide what they measure from what they compute.
  static func group(_ layers: [WiredLayer], separatesLayers: Bool) -> [Segment] {
    var result: [Segment] = []
    var run: [WiredLayer] = []
    var measuresFirst = true
    func close(before next: WiredLayer? = nil) {
      let tail = separatesLayers ? nil : next
      if !run.isEmpty {
        result.append(Segment(blockwise: run, measuresFirst: measuresFirst, tail: tail))
      }
      measuresFirst = run.isEmpty || tail == nil
      run = []
    }
    for wired in layers {
      if let layer = wired.layer as? any BatchLayer {
        close()
        result.append(Segment(batchwise: wired, layer))
      } else {
        if let layer = wired.layer as? any MeasuringLayer, layer.measures {
          close(before: wired)
        } else if wired.layer is any BlockLayer, run.contains(where: { $0.layer is any BlockLayer })
        {
          close()
        }
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
    case .blockwise(let entry, let below, let head, let above):
      if let entry {
        if entry.measuresHere {
          pool.run(pass.images) { entry.layer.measure(Place(image: $0, worker: $1), in: pass) }
        }
        entry.layer.prepare(for: pass, on: pool)
      }
      for (_, layer) in below { layer.prepare(for: pass, on: pool) }
      for (_, layer) in above { layer.prepare(for: pass, on: pool) }
      head?.layer.prepare(for: pass, on: pool)
      let size = blockImages
      pool.run((pass.images + size - 1) / size) { task, worker in
        let block = Block(
          images: task * size..<min((task + 1) * size, pass.images), worker: worker)
        if entry != nil || !below.isEmpty {
          for place in block.places {
            entry?.layer.forward(place, in: pass)
            for (_, layer) in below { layer.forward(place, in: pass) }
          }
        }
        head?.layer.forward(block, in: pass)
        for place in block.places {
          for (_, layer) in above { layer.forward(place, in: pass) }
          tail?.layer.measure(place, in: pass)
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
    case .blockwise(let entry, let below, let head, let above):
      let head = head?.wired.hasBackward == true ? head : nil
      let entry = entry?.wired.hasBackward == true ? entry : nil
      let schedule =
        head?.layer.schedule(images: pass.images) ?? .chunks(images: pass.images, blockImages: 1)
      head?.layer.prepareBackward(in: pass, on: pool)
      let again = self.again.filter { !$0.wired.layer.output.keepsValues }
      for round in 0..<schedule.rounds {
        schedule.run(round: round, on: pool) { block in
          for place in block.places {
            if let tail, tail.wired.propagates.contains(true) {
              tail.layer.backward(place, in: pass)
              tail.wired.addBranches([place])
            }
            Segment.backward(above, place, in: pass)
          }
          if let head {
            for place in block.places {
              for (_, layer) in again { layer.forward(place, in: pass) }
            }
            head.layer.backward(block, in: pass)
            head.wired.addBranches(block.places)
          }
          if entry == nil && below.isEmpty { return }
          for place in block.places {
            Segment.backward(below, place, in: pass)
            entry?.layer.measureGradient(place, in: pass)
          }
        }
        head?.layer.finish(round: round, of: schedule, on: pool)
      }
      head?.layer.update(in: pass, on: pool)
      guard let entry else { return }
      entry.layer.update(in: pass, on: pool)
      if entry.measuresHere {
        pool.run(pass.images) { image, worker in
          let place = Place(image: image, worker: worker)
          entry.layer.backward(place, in: pass)
          entry.wired.addBranches([place])
        }
      }
    }
  }

  private static func backward(_ layers: [Wired], _ place: Place, in pass: Pass) {
    for (wired, layer) in layers.reversed() where wired.hasBackward {
      layer.backward(place, in: pass)
      wired.addBranches([place])
    }
  }
}
