import Basics
import Definitions
import Engine
import Execution
import Planning
import Results
import SystemPackage

/// The weights that a training run starts from: copied, drawn, or drawn like those of its source.
struct StartingWeights {
  let values: Weights
  /// The origin of each.
  let report: LoadReport

  /// - Parameters:
  ///   - context: of the training run, or of a stage that reads the same source in the same role.
  /// - Throws: `DiagnosticError` where a file of weights has changed or does not fit; `UnusableInput`; `Interrupted`.
  init(of work: TrainWork, in context: StageContext) throws {
    var values = try Weights.initial(
      for: work.network, stream: work.stream, threads: context.threads(drawing: work.network))
    var drawn: [String: Initializer] = [:]
    let source = try StartingWeights.source(of: work, in: context) { tensors in
      try values.copy(work.copiedParameters) {
        try tensors.values(work.nameInSource(of: $0), shape: $0.shape)
      }
      drawn = try StartingWeights.draw(work, like: tensors, stream: work.stream, into: &values)
    }
    self.values = values
    report = LoadReport(work, source: source, drawn: drawn)
  }

  /// Other weights from the distributions that a training run's are drawn from. Copied layers have those of their own
  /// initializers.
  ///
  /// - Parameter stream: of the draws.
  /// - Throws: as `init`.
  static func others(
    of work: TrainWork, stream: RandomStream, in context: StageContext
  ) throws -> Weights {
    var values = try Weights.initial(
      for: work.network, stream: stream, threads: context.threads(drawing: work.network))
    guard !work.imitatedParameters.isEmpty else { return values }
    _ = try source(of: work, in: context) { tensors in
      _ = try draw(work, like: tensors, stream: stream, into: &values)
    }
    return values
  }

  /// Draws the parameters that imitate the source's; returns how.
  private static func draw(
    _ work: TrainWork, like source: any SourceTensors, stream: RandomStream,
    into values: inout Weights
  ) throws -> [String: Initializer] {
    var drawn: [String: Initializer] = [:]
    for var parameter in work.imitatedParameters {
      parameter.initializer = .normal(
        like: try source.values(work.nameInSource(of: parameter), shape: nil))
      values.set(.initial(parameter, stream: stream))
      drawn[parameter.name] = parameter.initializer
    }
    return drawn
  }

  /// Reads the source of a training run; `nil` if there is none.
  private static func source(
    of work: TrainWork, in context: StageContext, _ read: (any SourceTensors) throws -> Void
  ) throws -> LoadReport.Source? {
    if let file = work.weights {
      try file.read(on: context.fileSystem, unless: context.stop) {
        try read(FileTensors(file: $0))
      }
      return .file(file.name, content: file.content)
    }
    guard let copied = work.copied else {
      guard work.copiedParameters.isEmpty, work.imitatedParameters.isEmpty else {
        throw DiagnosticError("layers are to be copied, but the stage has no source")
      }
      return nil
    }
    let record = context.artifact(of: copied).record
    try context.read(.weights, of: copied) {
      try read(Weights(contentsOf: $0, on: context.fileSystem))
    }
    return .stage(record.stage, record.fingerprint)
  }
}

/// The tensors of a source, by their names there.
private protocol SourceTensors {
  /// - Parameter shape: the one that it must have; `nil` for any.
  /// - Throws: `DiagnosticError` where there is none that can be used.
  func values(_ name: String, shape: [Int]?) throws -> [Float]
}

private struct FileTensors: SourceTensors {
  let file: any WeightsContainer

  func values(_ name: String, shape: [Int]?) throws -> [Float] {
    guard let own = file.shapes[name] else { return try file.numbers(of: name) }
    return try file.values(named: name, shape: shape ?? own)
  }
}

extension Weights: SourceTensors {
  fileprivate func values(_ name: String, shape: [Int]?) throws -> [Float] {
    guard let tensor = self[name] else {
      throw DiagnosticError("the weights have no tensor '\(name)'")
    }
    guard shape == nil || tensor.shape == shape else {
      throw DiagnosticError(
        "tensor '\(name)' has shape \(tensor.shape), but the network's has \(shape ?? [])")
    }
    guard tensor.values.allSatisfy(\.isFinite) else {
      throw DiagnosticError("tensor '\(name)' has a value that is not finite")
    }
    return tensor.values
  }
}

extension Initializer {
  /// The normal distribution with the mean and the variance of some values, summed in their order; those of single
  /// values, or of none, are constant.
  package static func normal(like values: [Float]) -> Initializer {
    guard !values.isEmpty else { return .constant(0) }
    let count = Double(values.count)
    let mean = values.reduce(0.0) { $0 + Double($1) } / count
    let squares = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return .normal(mean: mean, deviation: (squares / count).squareRoot())
  }
}
