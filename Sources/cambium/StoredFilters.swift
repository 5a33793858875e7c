import Basics
import Engine
import Reporting
import SystemPackage

/// Reads filters from the weights of trained stages, one tensor of a file at a time.
struct StoredFilters: FilterReader {
  func filters(
    _ parameter: String, shape: [Int], in weights: FilePath
  ) throws(DiagnosticError) -> [Float] {
    do {
      return try SafetensorsFile.withFile(at: weights) {
        try $0.values(named: parameter, shape: shape)
      }
    } catch let error as DiagnosticError {
      throw error
    } catch {
      throw DiagnosticError("'\(weights)' cannot be read: \(error)")
    }
  }
}
