import Basics
import OrderedCollections

/// `params: {seed: 0, epochs: {default: 20, min: 1}}`: values that `--set` can replace.
enum Parameters {
  /// Reads the section and what is set on the command line.
  static func read(
    _ field: Field?, settings: [(key: String, value: String)], context: ReadingContext
  ) -> OrderedDictionary<String, Parameter> {
    var parameters = declared(field)
    let isBroken = field.map { !$0.isEmpty && parameters == nil } ?? false
    var first: [String: SourceSpan] = [:]
    for setting in settings {
      let span = Parameters.span(of: setting)
      if let earlier = first.updateValue(span, forKey: setting.key) {
        context.diagnostics.report(
          "'\(setting.key)' is set twice", at: span,
          notes: [Diagnostic.Note("it is first set here", at: earlier)])
        continue
      }
      if isBroken { continue }
      guard let old = parameters?[setting.key] else {
        let names = parameters.map { Array($0.keys) } ?? []
        context.diagnostics.report(
          "the file has no parameter '\(setting.key)'", at: span,
          notes: Diagnostic.Note.allowed(names, insteadOf: setting.key, as: "parameters"))
        continue
      }
      // A declaration that was wrong has been reported, and has no type to keep.
      guard var parameter = old else { continue }
      switch parameter.rule.value(of: setting.value) {
      case .success(let value):
        parameter.binding = Binding(value: value, text: setting.value, span: span)
        parameters?[setting.key] = parameter
      case .failure(let complaint):
        context.diagnostics.report(
          "'\(setting.key)' must be \(complaint.expected), not '\(setting.value)'",
          at: valueSpan(of: setting, in: span), notes: [complaint.note(for: parameter)])
      }
    }
    return parameters?.compactMapValues { $0 } ?? [:]
  }

  /// The declared parameters, `nil` for each that is wrong; `nil` as a whole for no mapping.
  private static func declared(_ field: Field?) -> OrderedDictionary<String, Parameter?>? {
    guard let field, !field.isEmpty else { return [:] }
    guard case .mapping(let mapping) = field.node else {
      field.mismatch("a mapping from names to values")
      return nil
    }
    var result: OrderedDictionary<String, Parameter?> = [:]
    for entry in mapping.entries {
      let name = entry.key.text
      let value = Field(
        name: name, node: entry.value, keySpan: entry.key.span, context: field.context)
      let isNamed = field.context.check(name, .definition, "parameter", at: entry.key.span)
      let parameter = Parameter.read(name, value)
      result.updateValue(isNamed ? parameter : nil, forKey: name)
    }
    return result
  }

  private static func span(of setting: (key: String, value: String)) -> SourceSpan {
    let text = "\(setting.key)=\(setting.value)"
    return SourceSpan(
      source: SourceText(name: "--set \(text)", text: text),
      start: SourcePosition(line: 1, column: 1),
      end: SourcePosition(line: 1, column: text.unicodeScalars.count + 1))
  }

  private static func valueSpan(
    of setting: (key: String, value: String), in span: SourceSpan
  ) -> SourceSpan {
    var span = span
    span.start.column = setting.key.unicodeScalars.count + 2
    return span
  }
}
