import Definitions
import Kernels

/// y = Σ paths; in the memory of one of them where nothing else needs what it gave.
package final class SumLayer: ImageLayer, OperationLayer {
  package let inputs: [Blob]
  package let output: Blob
  private let propagates: [Bool]
  /// The path whose memory the sum has.
  private let inPlace: Int?
  /// The batch norm at the end of that path, if it computes the sum.
  private(set) var norm: BatchNormLayer?

  package init(_ settings: Sum, _ setup: LayerSetup) {
    inputs = setup.paths.map(\.blob)
    propagates = setup.paths.map(\.propagates)
    let own = inputs[setup.lastPath]
    let isInPlace =
      setup.ownsInput && !own.mustKeepValues && !own.mustKeepSigns
      // In place, the path's gradient is the sum's own.
      && (propagates[setup.lastPath] || !propagates.contains(true))
    inPlace = isInPlace ? setup.lastPath : nil
    output = isInPlace ? own : Blob(shape: setup.outputShape)
  }

  /// In place, both paths' gradients are the sum's: the last layer before it, the one below, only reads that, unless it
  /// works in place too, and whatever else reads the other path's values adds to their gradient after that.
  package func fuse(with below: (any Layer)?) {
    guard let inPlace, inputs.count == 2, let below else { return }
    let other = inputs[1 - inPlace]
    if propagates[1 - inPlace], !below.inputs.contains(where: { $0 === output }) {
      other.shareGradient(of: output)
    }
    guard let norm = below as? BatchNormLayer, norm.takesSum, norm.output === output else { return }
    norm.add(other)
    self.norm = norm
  }

  package var input: Blob { inputs[0] }
  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { false }

  private var count: Int { output.shape.count }

  package func forward(_ place: Place, in pass: Pass) {
    if norm != nil { return }
    let sums = output.values(place)
    let first = inPlace ?? 0
    if inPlace == nil { sums.update(from: inputs[0].values(place), count: count) }
    for (index, input) in inputs.enumerated() where index != first {
      add(input.values(place), to: sums, count: count)
    }
  }

  package func backward(_ place: Place, in pass: Pass) {
    let gradient = output.gradient(place)
    for (input, propagates) in zip(inputs, propagates)
    where propagates && input.gradientOwner !== output.gradientOwner {
      input.gradient(place).update(from: gradient, count: count)
    }
  }
}

/// The channels of the paths one after the other.
package final class ConcatLayer: ImageLayer, OperationLayer {
  package let inputs: [Blob]
  package let output: Blob
  private let propagates: [Bool]

  package init(_ settings: Concat, _ setup: LayerSetup) {
    inputs = setup.paths.map(\.blob)
    propagates = setup.paths.map(\.propagates)
    output = Blob(shape: setup.outputShape)
  }

  package var input: Blob { inputs[0] }
  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { false }

  private var channels: Int { output.shape.channels }
  private var places: Int { output.shape.count / channels }

  package func forward(_ place: Place, in pass: Pass) {
    var to = output.values(place)
    for input in inputs {
      let own = input.shape.channels
      copyRows(
        input.values(place), stride: own, into: to, stride: channels, rows: places, columns: own)
      to += own
    }
  }

  package func backward(_ place: Place, in pass: Pass) {
    var from = output.gradient(place)
    for (input, propagates) in zip(inputs, propagates) {
      let own = input.shape.channels
      if propagates {
        copyRows(
          from, stride: channels, into: input.gradient(place), stride: own, rows: places,
          columns: own)
      }
      from += own
    }
  }
}

/// y = Π paths; a path with one value for each channel multiplies all places of the channel.
package final class ProductLayer: ImageLayer, OperationLayer {
  package let inputs: [Blob]
  package let output: Blob
  private let propagates: [Bool]
  private let scratch: Scratch

  package init(_ settings: Product, _ setup: LayerSetup) {
    inputs = setup.paths.map(\.blob)
    propagates = setup.paths.map(\.propagates)
    output = Blob(shape: setup.outputShape)
    scratch = setup.scratch
    scratch.reserve(setup.outputShape.count)
  }

  package var input: Blob { inputs[0] }
  package var looksAtOutput: Bool { false }

  private var count: Int { output.shape.count }
  private var channels: Int { output.shape.channels }
  private var places: Int { count / channels }

  /// values ← values · what a path gave.
  private func multiply(_ values: Floats, by input: Blob, _ place: Place) {
    if input.shape.count == count {
      Kernels.multiply(values, by: input.values(place), count: count)
    } else {
      multiplyRows(values, by: input.values(place), rows: places, columns: channels)
    }
  }

  package func forward(_ place: Place, in pass: Pass) {
    let product = output.values(place)
    let whole = inputs.firstIndex { $0.shape.count == count } ?? 0
    product.update(from: inputs[whole].values(place), count: count)
    for (index, input) in inputs.enumerated() where index != whole {
      multiply(product, by: input, place)
    }
  }

  /// Each path's gradient is the product's, multiplied by what all others gave.
  package func backward(_ place: Place, in pass: Pass) {
    let factors = scratch[place.worker]
    for (index, input) in inputs.enumerated() where propagates[index] {
      factors.update(from: output.gradient(place), count: count)
      for (other, factor) in inputs.enumerated() where other != index {
        multiply(factors, by: factor, place)
      }
      let gradient = input.gradient(place)
      if input.shape.count == count {
        gradient.update(from: factors, count: count)
      } else {
        gradient.update(repeating: 0, count: channels)
        addRows(of: factors, rows: places, columns: channels, to: gradient)
      }
    }
  }
}
