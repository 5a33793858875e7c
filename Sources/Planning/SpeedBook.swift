import Definitions

/// The measured speeds of networks on this machine.
package protocol SpeedBook: Sendable {
  /// All measurements of a network, with `dense: classes` resolved.
  ///
  /// - Throws: `DiagnosticError` if they cannot be read.
  func speeds(of network: NetworkDefinition) throws -> [MeasuredSpeed]

  /// The images per second at which such a dataset was packed; `nil` if none was.
  ///
  /// - Throws: `DiagnosticError` if that cannot be read.
  func packingSpeed(of work: PrepareWork) throws -> Double?
}

extension SpeedBook {
  package func packingSpeed(of work: PrepareWork) -> Double? { nil }
}

/// A speed measured during a run or a calibration.
package struct MeasuredSpeed: Hashable, Sendable {
  /// The measured work: training with these layers frozen and learning, or inference if empty.
  package var states: [LayerState]
  package var batch: Int
  package var imagesPerSecond: Double
  package var threads: Int
  /// Of training.
  package var precision: Precision

  package init(
    states: [LayerState], batch: Int, imagesPerSecond: Double, threads: Int,
    precision: Precision = .single
  ) {
    self.states = states
    self.batch = batch
    self.precision = precision
    self.imagesPerSecond = imagesPerSecond
    self.threads = threads
  }
}

/// The work to estimate: training with these layers frozen and learning, or inference if empty.
struct SpeedQuestion: Hashable {
  var states: [LayerState]
  var batch: Int
  var precision: Precision
}

/// The speed that work is expected to have, and the threads with which that was measured.
struct ExpectedSpeed: Hashable {
  var imagesPerSecond: Double
  var threads: Int
}

extension [MeasuredSpeed] {
  /// The speed of the given work, as measured; otherwise derived from the floating-point operations per
  /// second of the most similar measured work; `nil` if nothing with the same batch size and precision was measured.
  ///
  /// - Parameter flops: operations per image for given states.
  func speed(for question: SpeedQuestion, flops: ([LayerState]) -> Int) -> ExpectedSpeed? {
    if let exact = first(where: {
      $0.states == question.states && $0.batch == question.batch
        && $0.precision == question.precision
    }) {
      return exact.expected()
    }
    // Being inference matters more than the batch size.
    let isInference = question.states.isEmpty
    if isInference, let measured = first(where: \.states.isEmpty) {
      return measured.expected()
    }
    let similar = filter {
      !$0.states.isEmpty && (isInference || $0.batch == question.batch)
        && $0.precision == question.precision
    }.min { $0.distance(to: question.states) < $1.distance(to: question.states) }
    guard let similar else { return nil }
    let wanted = flops(question.states)
    guard wanted > 0 else { return nil }
    return similar.expected(times: Double(flops(similar.states)) / Double(wanted))
  }
}

extension MeasuredSpeed {
  fileprivate func expected(times factor: Double = 1) -> ExpectedSpeed {
    ExpectedSpeed(imagesPerSecond: imagesPerSecond * factor, threads: threads)
  }

  /// The number of layers with a different state.
  fileprivate func distance(to other: [LayerState]) -> Int {
    other.isEmpty ? states.count : zip(states, other).count { $0 != $1 }
  }
}
