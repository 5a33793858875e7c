import Basics
import Testing

/// The schema interpreter, keyword by keyword: a schema, a valid value and an invalid one.
@Suite struct JSONSchemaTests {
  @Test(arguments: [
    (#"{"type": "integer"}"#, "1.0", "1.5"), (#"{"type": "string"}"#, #""a""#, "1"),
    (#"{"type": ["null", "boolean"]}"#, "null", "0"), (#"{"enum": [1, "a"]}"#, "1.0", "2"),
    (#"{"const": {"a": [1]}}"#, #"{"a": [1.0]}"#, #"{"a": []}"#),
    (#"{"minimum": 2, "maximum": 3}"#, "3", "4"), (#"{"exclusiveMinimum": 2}"#, "2.5", "2"),
    (#"{"exclusiveMaximum": 2}"#, "1", "2"), (#"{"multipleOf": 2}"#, "4", "5"),
    (#"{"pattern": "^a+$"}"#, #""aa""#, #""ab""#), (#"{"pattern": "^.$"}"#, #""é""#, #""e\u0301""#),
    (#"{"minLength": 1, "maxLength": 2}"#, #""ab""#, #""abc""#),
    (#"{"minItems": 1, "maxItems": 2}"#, "[1]", "[]"),
    (#"{"uniqueItems": true}"#, "[1, 2]", "[1, 1.0]"),
    (#"{"items": {"type": "null"}}"#, "[null]", "[null, 1]"),
    (#"{"contains": {"const": 1}, "minContains": 0, "maxContains": 1}"#, "[2]", "[1, 1]"),
    (#"{"contains": {"const": 1}}"#, "[2, 1]", "[2]"),
    (#"{"required": ["a"]}"#, #"{"a": 1}"#, "{}"),
    (#"{"minProperties": 1, "maxProperties": 1}"#, #"{"a": 1}"#, "{}"),
    (#"{"properties": {"a": false}}"#, #"{"b": 1}"#, #"{"a": 1}"#),
    (#"{"properties": {"a": true}, "additionalProperties": false}"#, #"{"a": 1}"#, #"{"b": 1}"#),
    (#"{"patternProperties": {"^x": false}}"#, #"{"a": 1}"#, #"{"xa": 1}"#),
    (#"{"propertyNames": {"maxLength": 1}}"#, #"{"a": 1}"#, #"{"ab": 1}"#),
    (#"{"anyOf": [{"const": 1}, {"const": 2}]}"#, "2", "3"),
    (#"{"oneOf": [{"type": "number"}, {"type": "integer"}]}"#, "1.5", "1"),
    (#"{"allOf": [{"minimum": 1}, {"maximum": 2}]}"#, "2", "3"),
    (#"{"not": {"const": 1}}"#, "2", "1"),
    (#"{"if": {"required": ["a"]}, "then": {"required": ["b"]}}"#, "{}", #"{"a": 1}"#),
    (#"{"if": {"required": ["a"]}, "else": {"required": ["b"]}}"#, #"{"a": 1}"#, "{}"),
    (##"{"$ref": "#/$defs/a", "$defs": {"a": {"const": 1}}}"##, "1", "2"),
  ])
  func keywordTellsValuesApart(_ schema: String, _ good: String, _ bad: String) throws {
    let schema = try JSONSchema(schema)
    #expect(schema.violations(of: try Value(json: good)).isEmpty)
    #expect(!schema.violations(of: try Value(json: bad)).isEmpty)
  }

  @Test(arguments: [
    #"{"minimun": 1}"#, #"{"items": {"format": "date"}}"#, ##"{"$ref": "#/$defs/a"}"##, "3",
    #"{"pattern": "("}"#,
  ])
  func unknownKeywordIsAnError(_ schema: String) {
    #expect(throws: (any Error).self) { try JSONSchema(schema) }
  }
}
