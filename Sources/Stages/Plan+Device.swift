import Basics
import Engine
import Planning

extension Plan {
  /// Makes sure, before a run begins, that the networks of its stages can be computed.
  ///
  /// - Throws: `DiagnosticError` with what the device lacks, and a stage that is to run and needs it.
  package func require(_ device: any Device) throws {
    guard let stage = stages.first(where: { $0.status != .cached && $0.work.needsNetwork }) else {
      return
    }
    do { try device.check() } catch let error as DiagnosticError {
      throw DiagnosticError(
        error.diagnostics.map {
          .error("stage '\(stage.name)' cannot run: \($0.message)", notes: $0.notes)
        })
    }
  }
}

extension StageWork {
  fileprivate var needsNetwork: Bool {
    switch self {
    case .train, .evaluate: true
    case .prepare, .report: false
    }
  }
}
