import Definitions
import Kernels

/// A learnable blob, or a running statistic, with what the solver keeps about it.
package final class Parameter {
  package let definition: ParameterDefinition
  /// How the values stand in `values`, against PyTorch's order.
  package let layout: ParameterLayout
  package let values: FloatBuffer
  /// What the solver's rule remembers of the values, laid out like them: its buffers in order; empty for what does
  /// not learn.
  package let state: [FloatBuffer]
  /// Whether steps move the values. What does not learn has no optimiser state and no decay.
  package let learns: Bool
  /// Factors on the solver's rate and decay.
  package let rate: Double
  package let decay: Double

  /// - Parameters:
  ///   - layerRate: the layer's factor on the solver's rate.
  ///   - rule: what moves it; `nil` where its layer does not learn. A parameter with rate 0 does not learn all
  ///     the same.
  package init(
    _ definition: ParameterDefinition, layout: ParameterLayout, layerRate: Double = 1,
    rule: UpdateRule?
  ) {
    self.definition = definition
    self.layout = layout
    let stored = layout.storedCount(of: definition.count)
    values = FloatBuffer(count: stored)
    rate = definition.rate * layerRate
    decay = definition.decay
    let moving = definition.role != .statistic && rate != 0 ? rule : nil
    learns = moving != nil
    state = moving.map { $0.buffers.map { _ in FloatBuffer(count: stored) } } ?? []
  }

  /// How often values were loaded: what is derived from those of a frozen parameter holds until then.
  package private(set) var loads = 0

  /// Takes over values in PyTorch's order.
  package func load(_ values: [Float]) {
    layout.load(values, into: self.values.start)
    loads += 1
  }
}

/// The order of a parameter's values in memory.
package enum ParameterLayout: Hashable, Sendable {
  /// As PyTorch has it.
  case plain
  /// PyTorch's outputs × channels × places, held as outputs × places × channels, since activations
  /// have their channels last.
  case channelsLast(outputs: Int, channels: Int, places: Int)
  /// The same for a dense layer's weights, in panels of 32 outputs, the last one padded with zeros:
  /// panels × places × channels × 32.
  case panels(outputs: Int, channels: Int, places: Int)

  /// Floats in memory of so many values.
  func storedCount(of count: Int) -> Int {
    guard case .panels(let outputs, let channels, let places) = self else { return count }
    return (outputs + 31) / 32 * 32 * channels * places
  }

  /// Calls `body(ours, theirs)` for the position of every value in memory and in PyTorch's order.
  private func forEachPosition(count: Int, _ body: (Int, Int) -> Void) {
    switch self {
    case .plain:
      for index in 0..<count { body(index, index) }
    case .channelsLast(let outputs, let channels, let places):
      precondition(outputs * channels * places == count, "the layout does not fit the parameter")
      for output in 0..<outputs {
        let first = output * channels * places
        for place in 0..<places {
          for channel in 0..<channels {
            body(first + place * channels + channel, first + channel * places + place)
          }
        }
      }
    case .panels(let outputs, let channels, let places):
      let inputs = channels * places
      precondition(outputs * inputs == count, "the layout does not fit the parameter")
      for output in 0..<outputs {
        for place in 0..<places {
          for channel in 0..<channels {
            body(
              (output / 32 * inputs + place * channels + channel) * 32 + output % 32,
              output * inputs + channel * places + place)
          }
        }
      }
    }
  }

  /// Brings values from PyTorch's order into memory.
  package func load(_ values: [Float], into memory: Floats) {
    values.withUnsafeBufferPointer { source in
      forEachPosition(count: source.count) { memory[$0] = source[$1] }
    }
  }

  /// The values in PyTorch's order.
  package func read(_ memory: Floats, count: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { target, initialized in
      forEachPosition(count: count) { target[$1] = memory[$0] }
      initialized = count
    }
  }
}
