import Basics

/// A JSON Schema (2020-12), as far as the pipeline's schema requires: any other keyword is an error rather than
/// ignored.
struct JSONSchema: Sendable {
  /// Why a schema cannot be used.
  struct Unusable: Error, CustomStringConvertible {
    var description: String
  }

  fileprivate let root: Value

  /// - Throws: `JSONError`, or `Unusable` for an unsupported keyword, reference or pattern.
  init(_ text: String) throws {
    root = try Value(json: text)
    try check(root, at: "#")
  }

  /// Why a value is invalid, in words; empty if it is valid.
  func violations(of value: Value) -> [String] {
    var validation = Validation(schema: self)
    return validation.violations(of: value, by: root, at: "$")
  }

  // MARK: - Keywords

  private static let annotations: Set = ["$schema", "$comment", "title", "description"]
  private static let plain: Set = [
    "$ref", "type", "enum", "const", "required", "pattern", "minLength", "maxLength", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems",
    "minContains", "maxContains", "uniqueItems", "minProperties", "maxProperties",
  ]
  private static let withSchema: Set = [
    "items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else",
  ]
  private static let withSchemas: Set = ["anyOf", "oneOf", "allOf"]
  private static let withNamedSchemas: Set = ["properties", "patternProperties", "$defs"]

  private func check(_ schema: Value, at path: String) throws {
    if schema.asBool != nil { return }
    guard let keywords = schema.asMap else { throw Unusable(description: "\(path) is no schema") }
    for (keyword, value) in keywords {
      let place = "\(path)/\(keyword)"
      if Self.withSchema.contains(keyword) {
        try check(value, at: place)
      } else if Self.withSchemas.contains(keyword) {
        for element in value.asList ?? [] { try check(element, at: place) }
      } else if Self.withNamedSchemas.contains(keyword) {
        for (name, element) in value.asMap ?? [:] { try check(element, at: "\(place)/\(name)") }
        if keyword == "patternProperties" {
          for name in value.asMap?.keys.sorted() ?? [] { _ = try Regex(name) }
        }
      } else if !Self.plain.contains(keyword), !Self.annotations.contains(keyword) {
        throw Unusable(description: "\(place): the keyword is not supported")
      }
    }
    if let pattern = keywords["pattern"]?.asString { _ = try Regex(pattern) }
    if let reference = keywords["$ref"], target(of: reference) == nil {
      throw Unusable(description: "\(path): there is no \(reference)")
    }
  }

  fileprivate func target(of reference: Value) -> Value? {
    let prefix = "#/$defs/"
    guard let text = reference.asString, text.hasPrefix(prefix) else { return nil }
    return root["$defs"]?[String(text.dropFirst(prefix.count))]
  }
}

/// One pass over a value.
private struct Validation {
  let schema: JSONSchema
  // Regular expressions cannot be shared between threads, so they are not part of the schema.
  private var patterns: [String: Regex<AnyRegexOutput>] = [:]

  init(schema: JSONSchema) { self.schema = schema }

  mutating func violations(of value: Value, by schema: Value, at path: String) -> [String] {
    if let allowed = schema.asBool { return allowed ? [] : ["\(path) is not allowed"] }
    guard let keywords = schema.asMap else { return ["\(path): no schema"] }
    var found: [String] = []
    if let reference = keywords["$ref"], let target = self.schema.target(of: reference) {
      found += violations(of: value, by: target, at: path)
    }
    found += combined(value, keywords, path)
    if let type = keywords["type"] {
      let names = type.asList?.compactMap(\.asString) ?? [type.asString ?? ""]
      if !names.contains(where: { value.hasType($0) }) {
        found.append("\(path) is not of type \(names.joined(separator: " or "))")
      }
    }
    if let choices = keywords["enum"]?.asList, !choices.contains(where: { $0.isSame(as: value) }) {
      found.append("\(path) is none of \(choices.map { $0.json() }.joined(separator: ", "))")
    }
    if let constant = keywords["const"], !constant.isSame(as: value) {
      found.append("\(path) is not \(constant.json())")
    }
    switch value {
    case .integer(let integer): found += numeric(Double(integer), keywords, path)
    case .number(let number): found += numeric(number, keywords, path)
    case .string(let text): found += textual(text, keywords, path)
    case .list(let elements): found += listed(elements, keywords, path)
    case .map(let entries): found += mapped(entries, keywords, path)
    case .null, .bool: break
    }
    return found
  }

  private mutating func fits(_ value: Value, _ schema: Value, _ path: String) -> Bool {
    violations(of: value, by: schema, at: path).isEmpty
  }

  private mutating func combined(
    _ value: Value, _ keywords: [String: Value], _ path: String
  ) -> [String] {
    var found: [String] = []
    for schema in keywords["allOf"]?.asList ?? [] {
      found += violations(of: value, by: schema, at: path)
    }
    if let schemas = keywords["anyOf"]?.asList {
      let all = schemas.map { violations(of: value, by: $0, at: path) }
      if !all.contains(where: \.isEmpty) {
        found.append("\(path) fits no form: \(all.joined().joined(separator: "; "))")
      }
    }
    if let schemas = keywords["oneOf"]?.asList {
      let count = schemas.filter { fits(value, $0, path) }.count
      if count != 1 { found.append("\(path) fits \(count) of \(schemas.count) forms, not one") }
    }
    if let schema = keywords["not"], fits(value, schema, path) {
      found.append("\(path) has a form that it must not have")
    }
    if let condition = keywords["if"] {
      let branch = fits(value, condition, path) ? keywords["then"] : keywords["else"]
      if let branch { found += violations(of: value, by: branch, at: path) }
    }
    return found
  }

  private func numeric(_ number: Double, _ keywords: [String: Value], _ path: String) -> [String] {
    // As in other validators, NaN is accepted: it is on neither side of any limit.
    let limits: [(String, (Double, Double) -> Bool)] = [
      ("minimum", { $0 < $1 }), ("maximum", { $0 > $1 }), ("exclusiveMinimum", { $0 <= $1 }),
      ("exclusiveMaximum", { $0 >= $1 }),
      ("multipleOf", { $0.truncatingRemainder(dividingBy: $1) != 0 }),
    ]
    return limits.compactMap { keyword, isBroken in
      guard let limit = keywords[keyword]?.double, isBroken(number, limit) else { return nil }
      return "\(path): \(number) against \(keyword) \(limit)"
    }
  }

  private mutating func textual(
    _ text: String, _ keywords: [String: Value], _ path: String
  ) -> [String] {
    var found: [String] = []
    let length = text.unicodeScalars.count
    if let least = keywords["minLength"]?.asInteger, length < least {
      found.append("\(path) is too short")
    }
    if let most = keywords["maxLength"]?.asInteger, length > most {
      found.append("\(path) is too long")
    }
    if let pattern = keywords["pattern"]?.asString, !matches(text, pattern) {
      found.append("\(path): '\(text)' does not match \(pattern)")
    }
    return found
  }

  private mutating func matches(_ text: String, _ pattern: String) -> Bool {
    if patterns[pattern] == nil {
      patterns[pattern] = try? Regex(pattern).matchingSemantics(.unicodeScalar)
    }
    guard let regex = patterns[pattern] else { return false }
    return (try? regex.firstMatch(in: text)) != nil
  }

  private mutating func listed(
    _ elements: [Value], _ keywords: [String: Value], _ path: String
  ) -> [String] {
    var found: [String] = []
    if let least = keywords["minItems"]?.asInteger, elements.count < least {
      found.append("\(path) has fewer than \(least) elements")
    }
    if let most = keywords["maxItems"]?.asInteger, elements.count > most {
      found.append("\(path) has more than \(most) elements")
    }
    if keywords["uniqueItems"]?.asBool == true,
      elements.indices.contains(where: { index in
        elements[..<index].contains { $0.isSame(as: elements[index]) }
      })
    {
      found.append("\(path) repeats an element")
    }
    if let schema = keywords["items"] {
      for (index, element) in elements.enumerated() {
        found += violations(of: element, by: schema, at: "\(path)[\(index)]")
      }
    }
    if let schema = keywords["contains"] {
      let count = elements.filter { fits($0, schema, path) }.count
      let least = keywords["minContains"]?.asInteger ?? 1
      let most = keywords["maxContains"]?.asInteger ?? .max
      if count < least || count > most {
        found.append("\(path) contains \(count) elements of a form")
      }
    }
    return found
  }

  private mutating func mapped(
    _ entries: [String: Value], _ keywords: [String: Value], _ path: String
  ) -> [String] {
    var found: [String] = []
    for key in keywords["required"]?.asList?.compactMap(\.asString) ?? [] where entries[key] == nil
    {
      found.append("\(path) lacks '\(key)'")
    }
    if let least = keywords["minProperties"]?.asInteger, entries.count < least {
      found.append("\(path) has fewer than \(least) keys")
    }
    if let most = keywords["maxProperties"]?.asInteger, entries.count > most {
      found.append("\(path) has more than \(most) keys")
    }
    for (key, value) in Value.sorted(entries) {
      let place = "\(path).\(key)"
      if let names = keywords["propertyNames"] {
        found += violations(of: .string(key), by: names, at: "\(place) (key)")
      }
      var isKnown = false
      if let schema = keywords["properties"]?[key] {
        isKnown = true
        found += violations(of: value, by: schema, at: place)
      }
      for (pattern, schema) in keywords["patternProperties"]?.asMap ?? [:]
      where matches(key, pattern) {
        isKnown = true
        found += violations(of: value, by: schema, at: place)
      }
      if !isKnown, let rest = keywords["additionalProperties"] {
        found += violations(of: value, by: rest, at: place)
      }
    }
    return found
  }
}

extension Value {
  /// Whether a value is of one of JSON Schema's types; a number without fraction is an integer.
  fileprivate func hasType(_ name: String) -> Bool {
    switch (name, self) {
    case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .list),
      ("object", .map), ("number", .integer), ("number", .number), ("integer", .integer):
      true
    case ("integer", .number(let number)): number.rounded() == number && number.isFinite
    default: false
    }
  }

  /// Equality as defined by JSON Schema: `1` and `1.0` are the same number.
  fileprivate func isSame(as other: Value) -> Bool {
    switch (self, other) {
    case (.integer(let left), .number(let right)), (.number(let right), .integer(let left)):
      Double(left) == right
    case (.list(let left), .list(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
    case (.map(let left), .map(let right)):
      left.count == right.count
        && left.allSatisfy { key, value in right[key].map { $0.isSame(as: value) } ?? false }
    default: self == other
    }
  }
}
