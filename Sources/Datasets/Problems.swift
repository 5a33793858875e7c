import Basics

/// Similar problems of many files: reported together, with the first ones listed.
struct Problems {
  private var first: [Diagnostic] = []
  private(set) var count = 0

  /// The number of listed problems.
  static let most = 20

  var isEmpty: Bool { count == 0 }

  mutating func add(_ error: DiagnosticError) {
    for diagnostic in error.diagnostics {
      count += 1
      if first.count < Problems.most { first.append(diagnostic) }
    }
  }

  /// All of them; `nil` if there are none.
  ///
  /// - Parameters:
  ///   - what: `of the images cannot be read`.
  ///   - notes: advice, added once.
  func error(_ what: String, notes: [Diagnostic.Note] = []) -> DiagnosticError? {
    guard !isEmpty else { return nil }
    var diagnostics = first
    if count > 1 {
      let listed = count > first.count ? "; the first \(first.count) are listed" : ""
      diagnostics.append(.error("\(count) \(what)\(listed)"))
    }
    diagnostics[diagnostics.count - 1].notes += notes
    return DiagnosticError(diagnostics)
  }

  /// The problems found so far, and one that ended the search.
  func joined(with last: DiagnosticError) -> DiagnosticError {
    var error = last
    error.diagnostics = first + last.diagnostics
    return error
  }
}
