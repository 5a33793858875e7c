import Definitions
import Kernels

/// A learnable blob, or a running statistic, with what the solver keeps about it.
package final class Parameter {
  package let definition: ParameterDefinition
  /// How the values stand in `values`, against PyTorch's order.
  package let layout: ParameterLayout
  package let values: FloatBuffer
  /// The solver's momentum; `nil` for what does not learn.
  package let velocity: FloatBuffer?
  /// Factors on the solver's rate and decay.
  package let rate: Double
  package let decay: Double

  /// - Parameters:
  ///   - layerRate: the layer's factor on the solver's rate.
  ///   - isLearning: whether the layer is; a parameter with rate 0 does not learn all the same.
  package init(
    _ definition: ParameterDefinition, layout: ParameterLayout, layerRate: Double = 1,
    isLearning: Bool
  ) {
    self.definition = definition
    self.layout = layout
    let stored = layout.storedCount(of: definition.count)
    values = FloatBuffer(count: stored)
    rate = definition.rate * layerRate
    decay = definition.decay
    let learns = isLearning && definition.role != .statistic && rate != 0
    velocity = learns ? FloatBuffer(count: stored) : nil
  }

  /// Whether steps move the values. What does not learn has no optimiser state and no decay.
  package var learns: Bool { velocity != nil }

  /// How often values were loaded: what is derived from those of a frozen parameter holds until then.
  package private(set) var loads = 0

  /// Takes over values in PyTorch's order.
  package func load(_ values: [Float]) {
    layout.load(values, into: self.values.start)
    loads += 1
  }

  /// Moves values from `first` on by the sum of partial gradients; see `MomentumStep.apply`.
  func move(
    _ first: Int, count: Int, gradients: UnsafePointer<Float>, parts: Int = 1, stride: Int = 0,
    by step: SolverStep
  ) {
    guard let velocity else { return }
    step.momentumStep(rate: rate, decay: decay).apply(
      weights: values.start + first, velocity: velocity.start + first, gradients: gradients,
      parts: parts, stride: stride, count: count)
  }

  /// Moves all values by partial gradients of `count` floats each, one after the other.
  func move(gradients: UnsafePointer<Float>, parts: Int, by step: SolverStep, on pool: ThreadPool) {
    guard learns else { return }
    let count = values.count
    let block = 1 << 14
    pool.run((count + block - 1) / block) { task, _ in
      let first = task * block
      move(
        first, count: min(block, count - first), gradients: gradients + first, parts: parts,
        stride: count, by: step)
    }
  }
}

/// The solver's factors in one step: v ← momentum · v + rate · (gradient + decay · w), w ← w − v.
package struct SolverStep {
  package var momentum: Double
  package var rate: Double
  package var decay: Double

  package init(momentum: Double = 0, rate: Double = 0, decay: Double = 0) {
    self.momentum = momentum
    self.rate = rate
    self.decay = decay
  }

  func momentumStep(rate multiplier: Double, decay decayMultiplier: Double) -> MomentumStep {
    MomentumStep(
      momentum: Float(momentum), rate: Float(rate * multiplier),
      decay: Float(decay * decayMultiplier))
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
