import Basics

extension SourceText {
  /// The file as plain data, with each scalar typed by its form: what an editor validates against the JSON Schema in
  /// `grammar/`.
  ///
  /// Values that JSON cannot express are kept: `.nan` and `.inf` are numbers.
  ///
  /// - Throws: `DiagnosticError` if the text is not YAML, or uses YAML that the language does not support.
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

  /// The number of nodes, including this one and keys.
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
    // Only whole numbers beyond 64 bits, infinities and NaN remain.
    if text.lowercased().hasSuffix(".nan") { return .number(.nan) }
    return .number(Double(text) ?? (text.hasPrefix("-") ? -.infinity : .infinity))
  }
}
