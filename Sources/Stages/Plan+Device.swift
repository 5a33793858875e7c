import Basics
import Engine
import Planning

extension Plan {
  /// Checks before a run starts that a device can compute the networks of its stages.
  ///
  /// - Throws: `DiagnosticError` with what the device lacks, and a stage to run that needs it.
  package func require(_ device: any Device) throws {
    let stage = stages.first { $0.status != .cached && $0.work.networkUse != nil }
    guard let stage else { return }
    do { try device.check() } catch let error as DiagnosticError {
      throw DiagnosticError(
        error.diagnostics.map {
          .error("stage '\(stage.name)' cannot run: \($0.message)", notes: $0.notes)
        })
    }
  }
}
