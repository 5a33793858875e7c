import Basics
import Testing

@Suite struct ValueJSONTests {
  @Test(
    arguments: [
      .null, true, false, 0, -1, .integer(.max), .integer(.min), 0.1, -2.5e-300,
      1.7976931348623157e308,
      2.2250738585072014e-308, "", "plain", "\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}",
      "é 図 🌱 \u{2028}", [], [:],
      [1, "a", [.null, [[]]]], ["a": ["b": [1, 2.5]], "": .null, "ключ": "\u{1F468}\u{200D}"],
    ] as [Value])
  func whatIsWrittenIsReadBack(_ value: Value) throws {
    #expect(try Value(json: value.json()) == value)
    #expect(try Value(json: value.json(indented: true)) == value)
  }

  @Test func textIsSortedAndTight() {
    let value: Value = ["b": [1, 2.5], "a": ["x": .null], "B": "\n"]
    #expect(value.json() == #"{"B":"\n","a":{"x":null},"b":[1,2.5]}"#)
  }

  @Test func indentedTextHasAnEntryALine() {
    let value: Value = ["a": [1, [:]], "b": ["c": true]]
    #expect(
      value.json(indented: true) == """
        {
          "a": [
            1,
            {}
          ],
          "b": {
            "c": true
          }
        }
        """)
  }

  @Test func numbersWithoutFractionAreWrittenAsIntegers() throws {
    #expect(Value.number(3).json() == "3")
    #expect(Value.number(-0.0).json() == "0")
    #expect(Value.number(1e16).json() == "1e+16")
    #expect(try Value(json: Value.number(1e16).json()) == .number(1e16))
  }

  @Test func whatJSONLacksIsWrittenAsWords() {
    #expect(
      Value.list([.number(.nan), .number(.infinity), .number(-.infinity)]).json()
        == #"["nan","inf","-inf"]"#)
  }

  @Test func escapesAreRead() throws {
    #expect(try Value(json: #""\u00e9\ud83c\udf31\/\b\f""#) == "é🌱/\u{8}\u{c}")
  }

  @Test func whiteSpaceMayStandAnywhereBetween() throws {
    #expect(try Value(json: " \t\r\n{ \"a\" : [ 1 , 2 ] } \n") == ["a": [1, 2]])
  }

  @Test(arguments: [
    "", " ", "nul", "nullx", "tru", "True", "NaN", "Infinity", "01", "-01", "1.", ".5", "-", "+1",
    "1e", "1e+", "0x10", "1e999", "-1e999", "1 2", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}",
    "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1 \"b\":2}", "\"", "\"a",
    "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
    "\"\\udc00\"", "\"a\nb\"", "\"\t\"", "'a'", "/* */1", "1//", "\u{feff}1",
  ])
  func textsThatAreNotJSONAreRefused(_ text: String) {
    #expect(throws: JSONError.self) { try Value(json: text) }
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    for bytes: [UInt8] in [
      [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
    ] {
      #expect(throws: JSONError.self) { try Value(json: bytes) }
    }
  }

  @Test func repeatedKeysAreRefused() {
    #expect { try Value(json: #"{"a":1,"a":2}"#) } throws: {
      "\($0)" == "key 'a' occurs twice at byte 10"
    }
  }

  @Test func deepNestingIsRefusedNotFollowed() throws {
    let depth = 200
    let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(throws: Never.self) { try Value(json: deep) }
    #expect(throws: JSONError.self) { try Value(json: "[\(deep)]") }
    #expect(throws: JSONError.self) {
      try Value(json: String(repeating: "{\"a\":", count: 1_000_000))
    }
  }

  @Test func everyCutDocumentIsRefused() {
    let text = Array(#"{"a":[1,2.5e3,"x\u00e9",true,null],"b":{"c":-7}}"#.utf8)
    for length in 0..<text.count {
      #expect(throws: JSONError.self) { try Value(json: Array(text[..<length])) }
    }
  }

  @Test func integersBeyondTheRangeBecomeNumbers() throws {
    #expect(try Value(json: "9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try Value(json: "-9223372036854775808") == .integer(.min))
    #expect(try Value(json: "1.0") == .number(1))
    #expect(try Value(json: "-0") == .integer(0))
  }

  @Test func errorsTellWhere() {
    #expect { try Value(json: "[1,?]") } throws: { "\($0)" == "expected a value at byte 3" }
  }

  @Test func nothingInvisibleIsWritten() throws {
    // A right-to-left override, a soft hyphen, a control character of C1, a tag beyond the first plane.
    let text = "a\u{202e}b\u{ad}c\u{9b}d\u{e0041}é"
    let json = Value.string(text).json()
    #expect(json == #""a\u202eb\u00adc\u009bd\udb40\udc41é""#)
    #expect(try Value(json: json) == .string(text))
  }

  @Test func documentsOfTooManyValuesAreRefused() throws {
    let text = Array(#"{"a":[1,2,{"b":null}],"c":"d"}"#.utf8)
    #expect(try Value(json: text, mostValues: 7)["c"] == "d")
    #expect(throws: JSONError.self) { try Value(json: text, mostValues: 6) }
  }
}
