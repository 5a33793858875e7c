import Basics
import OrderedCollections

/// `params: {seed: 0, epochs: {default: 20, min: 1}}`: values that `--set` can override.
struct Parameters {
  /// Parameters without errors.
  private(set) var good: OrderedDictionary<String, Parameter> = [:]
  /// The names of parameters with reported errors.
  private(set) var wrong: Set<String> = []
  /// Whether a section could not be read, so that any name might have been declared in it.
  private(set) var isBroken = false

  /// Reads the section of every file, and the settings of the command line.
  static func read(
    _ fields: [Field], settings: [(key: String, value: String)], context: ReadingContext
  ) -> Parameters {
    var parameters = declared(fields)
    let isBroken = parameters == nil
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
      // An invalid declaration has been reported, and has no type to compare with.
      guard var parameter = old else { continue }
      switch parameter.rule.value(of: setting.value) {
      case .success(let value):
        parameter.binding = Binding(value: value, text: setting.value, span: span)
        parameter.isSet = true
        parameters?[setting.key] = parameter
      case .failure(let complaint):
        context.diagnostics.report(
          "'\(setting.key)' must be \(complaint.expected), not '\(setting.value)'",
          at: valueSpan(of: setting, in: span), notes: [complaint.note(for: parameter)])
      }
    }
    guard let parameters else { return Parameters(isBroken: true) }
    return Parameters(
      good: parameters.compactMapValues { $0 },
      wrong: Set(parameters.filter { $0.value == nil }.keys))
  }

  /// The declared parameters, `nil` for each with errors; `nil` as a whole if a section is not a mapping.
  private static func declared(_ fields: [Field]) -> OrderedDictionary<String, Parameter?>? {
    var result: OrderedDictionary<String, Parameter?> = [:]
    var places: [String: SourceSpan] = [:]
    var isSound = true
    for field in fields where !field.isEmpty {
      guard case .mapping(let mapping) = field.node else {
        field.mismatch("a mapping from names to values")
        isSound = false
        continue
      }
      for entry in mapping.entries {
        let name = entry.key.text
        if let earlier = places[name] {
          field.context.diagnostics.report(
            "parameter '\(name)' is declared twice", at: entry.key.span,
            notes: [Diagnostic.Note("it is first declared here", at: earlier)])
          continue
        }
        places[name] = entry.key.span
        let value = Field(
          name: name, node: entry.value, keySpan: entry.key.span, context: field.context)
        let isNamed = field.context.check(name, .definition, "parameter", at: entry.key.span)
        let parameter = Parameter.read(name, value)
        result.updateValue(isNamed ? parameter : nil, forKey: name)
      }
    }
    return isSound ? result : nil
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
