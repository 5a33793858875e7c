import Basics
import Glibc
import SystemPackage

extension DiagnosticError {
  /// The error of a failed system call: `cannot read 'data.tar': permission denied`.
  static func system(_ action: String, _ path: FilePath, code: Int32 = errno) -> DiagnosticError {
    var error =
      switch code {
      case ENOSPC, EDQUOT:
        DiagnosticError(
          "cannot \(action) '\(path)': the disk is full",
          notes: [.init("free some space, or keep the store on another disk with --store")])
      default:
        DiagnosticError(
          "cannot \(action) '\(path)': \(String(cString: strerror(code)).lowercased())")
      }
    error.systemReason = code
    return error
  }
}
