import Basics

extension SourceText {
  /// The file as plain data, each scalar read by its own form: what an editor holds against the JSON
  /// Schema in `grammar/`.
  ///
  /// What JSON cannot write stays what it is: `.nan` and `.inf` are numbers.
  ///
  /// - Throws: `DiagnosticError` where the text is no YAML, or YAML that the language does not use.
  package func plainValue() throws(DiagnosticError) -> Value {
    let diagnostics = DiagnosticCollector()
    guard let root = NodeComposer.document(of: self, diagnostics: diagnostics),
      !diagnostics.hasErrors
    else { throw DiagnosticError(diagnostics.sorted(files: [self])) }
    return root.plainValue
  }
}

extension Node {
  fileprivate var plainValue: Value {
    switch self {
    case .scalar(let scalar): scalar.plainValue
    case .sequence(let sequence): .list(sequence.elements.map(\.plainValue))
    case .mapping(let mapping):
      .map(
        Dictionary(mapping.entries.map { ($0.key.text, $0.value.plainValue) }) { first, _ in first }
      )
    }
  }

  /// The number of nodes, this one and keys included.
  var size: Int {
    switch self {
    case .scalar: 1
    case .sequence(let sequence): sequence.elements.reduce(1) { $0 + $1.size }
    case .mapping(let mapping): mapping.entries.reduce(1) { $0 + 1 + $1.value.size }
    }
  }
}

extension ScalarNode {
  fileprivate var plainValue: Value {
    if let value = Value(inferredFrom: text, style: style) { return value }
    if CoreScalar.isNull(text) { return .null }
    // What is left are whole numbers beyond 64 bits, infinities and NaN.
    if text.lowercased().hasSuffix(".nan") { return .number(.nan) }
    return .number(Double(text) ?? (text.hasPrefix("-") ? -.infinity : .infinity))
  }
}
