import Definitions
import Kernels

/// y = Σ paths; in the first path's memory where nothing else needs what it gave.
package final class SumLayer: ImageLayer, OperationLayer {
  package let inputs: [Blob]
  package let output: Blob
  private let propagates: [Bool]

  package init(_ settings: Sum, _ setup: LayerSetup) {
    inputs = setup.paths.map(\.blob)
    propagates = setup.paths.map(\.propagates)
    let first = inputs[0]
    let isInPlace =
      setup.ownsInput && !first.mustKeepValues && !first.mustKeepSigns
      // In place, the first path's gradient is the sum's own.
      && (propagates[0] || !propagates.contains(true))
    output = isInPlace ? first : Blob(shape: setup.outputShape)
  }

  package var input: Blob { inputs[0] }
  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { false }

  private var count: Int { output.shape.count }

  package func forward(_ place: Place, in pass: Pass) {
    let sums = output.values(place)
    if output !== input { sums.update(from: input.values(place), count: count) }
    for input in inputs.dropFirst() { add(input.values(place), to: sums, count: count) }
  }

  package func backward(_ place: Place, in pass: Pass) {
    let gradient = output.gradient(place)
    for (input, propagates) in zip(inputs, propagates) where propagates && input !== output {
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
