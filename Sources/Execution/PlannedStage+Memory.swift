import Basics
import Planning

extension PlannedStage {
  /// Bytes that a stage may take in addition to its estimate: stacks, libraries, and what allocators keep for threads.
  private static let memoryBesides = 256 << 20

  /// Checks that the machine and the process's limit have the memory that the stage is estimated to take: otherwise,
  /// it would end the program.
  ///
  /// - Parameter machineMemory: in bytes; `nil` if it is unknown.
  /// - Throws: `DiagnosticError` if they have less.
  package func requireMemory(of machineMemory: Int?) throws(DiagnosticError) {
    let needed = cost?.memory ?? 0
    if let machineMemory, needed > machineMemory {
      throw DiagnosticError(
        "it takes about \(quantity(Double(needed), unit: "B")) of memory, but the machine has "
          + "\(quantity(Double(machineMemory), unit: "B"))",
        notes: [
          .init(
            "a smaller batch or network needs less; 'cambium plan --json' shows the estimate for each stage"
          )
        ], cause: .outOfMemory)
    }
    // An estimate may be the largest integer.
    try AddressSpace.require(
      min(needed, .max / 8) / 4 * 5 + PlannedStage.memoryBesides, for: "stage '\(name)'")
  }
}
