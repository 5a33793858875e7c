import Definitions
import Kernels

/// A learnable blob, or a running statistic, with its solver state.
package final class Parameter {
  package let definition: ParameterDefinition
  /// The memory layout of the values, relative to PyTorch's order.
  package let layout: ParameterLayout
  package let values: FloatBuffer
  /// The state of the update rule, in the layout of the values: its buffers in order; empty for a parameter that does
  /// not learn.
  package let state: [FloatBuffer]
  /// The gradient of a step in the layout of the values, where it is needed as a whole before they move; `nil` if they
  /// move with each part of it.
  let gradient: FloatBuffer?
  /// The sums of squares of the gradient's blocks.
  let squares: AlignedBuffer<Double>?
  /// What decay pulls towards, instead of zero: the copied values. `nil` for zero.
  let source: FloatBuffer?
  /// Whether steps update the values. A parameter that does not learn has no optimiser state and no weight decay.
  package let learns: Bool
  /// Factors on the solver's learning rate and weight decay.
  package let rate: Double
  package let decay: Double

  /// - Parameters:
  ///   - layerRate: the layer's factor on the solver's rate.
  ///   - learning: the state of the update rule, and what else is held; `nil` if its layer does not learn. A parameter
  ///     with rate 0 does not learn either.
  package init(
    _ definition: ParameterDefinition, layout: ParameterLayout, layerRate: Double = 1,
    learning: LearningMemory?
  ) {
    self.definition = definition
    self.layout = layout
    let stored = layout.storedCount(of: definition.count)
    values = FloatBuffer(count: stored)
    rate = definition.rate * layerRate
    decay = definition.decay
    let moving = definition.role != .statistic && rate != 0 ? learning : nil
    learns = moving != nil
    state = (0..<(moving?.state ?? 0)).map { _ in FloatBuffer(count: stored) }
    gradient = moving?.holdsGradient == true ? FloatBuffer(count: stored) : nil
    squares = gradient.map { AlignedBuffer(count: ($0.count - 1) / Parameter.block + 1) }
    source = moving?.holdsSource == true ? FloatBuffer(count: stored) : nil
  }

  /// The number of times the values were loaded: data derived from a frozen parameter is valid until the next load.
  package private(set) var loads = 0

  /// Loads values in PyTorch's order.
  package func load(_ values: [Float]) {
    layout.load(values, into: self.values.start)
    loads += 1
  }
}

extension Parameter {
  /// Values per task of an update; fixed, so that sums do not depend on the number of threads.
  static let block = 1 << 14

  /// Takes the values for those that decay pulls towards.
  func holdSource() { source?.start.update(from: values.start, count: values.count) }
}

/// The order of a parameter's values in memory.
package enum ParameterLayout: Hashable, Sendable {
  /// PyTorch's order.
  case plain
  /// PyTorch's outputs × channels × places, stored as outputs × places × channels, since activations are
  /// channels-last.
  case channelsLast(outputs: Int, channels: Int, places: Int)
  /// The same for a dense layer's weights, in panels of 32 outputs, the last one padded with zeros: panels × places ×
  /// channels × 32.
  case panels(outputs: Int, channels: Int, places: Int)

  /// The number of floats in memory for this number of values.
  func storedCount(of count: Int) -> Int {
    guard case .panels(let outputs, let channels, let places) = self else { return count }
    return (outputs + 31) / 32 * 32 * channels * places
  }

  /// Calls `body(ours, theirs)` with the position of every value in memory and in PyTorch's order.
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

  /// Copies values from PyTorch's order to memory.
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
