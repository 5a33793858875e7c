import Definitions

/// How fast networks have been measured to run on this machine.
package protocol SpeedBook: Sendable {
  /// All that is known of a network; `dense: classes` resolved.
  ///
  /// - Throws: `DiagnosticError` where it cannot be read.
  func speeds(of network: NetworkDefinition) throws -> [MeasuredSpeed]
}

/// A speed measured in a run or in a calibration.
package struct MeasuredSpeed: Hashable, Sendable {
  /// What was measured: training with these layers frozen and learning, or inference where empty.
  package var states: [LayerState]
  package var batch: Int
  package var imagesPerSecond: Double
  package var threads: Int

  package init(states: [LayerState], batch: Int, imagesPerSecond: Double, threads: Int) {
    self.states = states
    self.batch = batch
    self.imagesPerSecond = imagesPerSecond
    self.threads = threads
  }
}

/// What is to be priced: training with these layers frozen and learning, or inference where empty.
struct SpeedQuestion: Hashable {
  var states: [LayerState]
  var batch: Int
}

extension [MeasuredSpeed] {
  /// Images a second for some work, as it was measured; else at the floating-point operations a second of
  /// the most similar work that was; `nil` where nothing of the same batch size was trained.
  ///
  /// - Parameter flops: of one image, for given states.
  func imagesPerSecond(for question: SpeedQuestion, flops: ([LayerState]) -> Int) -> Double? {
    if let exact = first(where: { $0.states == question.states && $0.batch == question.batch }) {
      return exact.imagesPerSecond
    }
    // Inference does not depend on the batch size as much as on being inference.
    let isInference = question.states.isEmpty
    if isInference, let measured = first(where: \.states.isEmpty) {
      return measured.imagesPerSecond
    }
    let similar = filter { !$0.states.isEmpty && (isInference || $0.batch == question.batch) }
      .min { $0.distance(to: question.states) < $1.distance(to: question.states) }
    guard let similar else { return nil }
    let wanted = flops(question.states)
    guard wanted > 0 else { return nil }
    return similar.imagesPerSecond * Double(flops(similar.states)) / Double(wanted)
  }
}

extension MeasuredSpeed {
  /// How many layers are otherwise.
  fileprivate func distance(to other: [LayerState]) -> Int {
    other.isEmpty ? states.count : zip(states, other).count { $0 != $1 }
  }
}
