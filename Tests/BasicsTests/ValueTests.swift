import Basics
import Testing

@Suite struct ValueFingerprintTests {
  // Computed with a Python program that follows the documented encoding (struct.pack, hashlib).
  @Test func encodingIsTheDocumentedOne() {
    let value: Value = ["b": [1, 2.5, .null], "a": ["é": "x", "z": true]]
    #expect(
      value.fingerprint.hexadecimal
        == "f6739147d637ba61982ebc445a94a6ce153da3fce422ce134a7ddc41474d0329")
  }

  @Test func keyOrderDoesNotMatter() {
    let names = (0..<50).map { "key \($0)" }
    let one = Value.map(Dictionary(uniqueKeysWithValues: names.map { ($0, .string($0)) }))
    let other = Value.map(
      Dictionary(uniqueKeysWithValues: names.reversed().map { ($0, .string($0)) }))
    #expect(one.fingerprint == other.fingerprint)
  }

  @Test func equalNumbersAreOneSetting() {
    #expect(Value.integer(1).fingerprint == Value.number(1).fingerprint)
    #expect(Value.number(-0.0).fingerprint == Value.integer(0).fingerprint)
    #expect(Value.integer(1).fingerprint != Value.number(1.5).fingerprint)
  }

  @Test func largeIntegersKeepTheirLastDigit() {
    // Neighbours that one `Double` stands for.
    #expect(
      Value.integer(9_007_199_254_740_993).fingerprint
        != Value.integer(9_007_199_254_740_992).fingerprint)
    #expect(Value.integer(.max).fingerprint != Value.integer(.max - 1).fingerprint)
  }

  @Test func kindsAreToldApart() {
    let values: [Value] = [
      .null, false, true, 0, 1, "", "0", "1", "null", [], [:], [""], [[]], [.null], ["": .null],
    ]
    #expect(Set(values.map(\.fingerprint)).count == values.count)
  }

  @Test func bordersBetweenElementsCount() {
    let joined: Value = ["ab", "c"]
    let cut: Value = ["a", "bc"]
    #expect(joined.fingerprint != cut.fingerprint)
    #expect((["a": ["b": 1]] as Value).fingerprint != (["a": "b", "b": 1] as Value).fingerprint)
  }
}

@Suite struct ValueChangesTests {
  @Test func equalValuesHaveNone() {
    let value: Value = ["rate": 1, "list": [1, 2]]
    #expect(value.changes(to: ["rate": 1.0, "list": [1.0, 2]]).isEmpty)
  }

  @Test func smallestPlacesAreNamedInOrder() {
    let old: Value = ["solver": ["rate": ["start": 0.1], "batch": 8], "gone": 1]
    let new: Value = ["solver": ["rate": ["start": 0.2], "batch": 8], "come": "x"]
    #expect(
      old.changes(to: new) == [
        ValueChange(path: "come", old: nil, new: "x"),
        ValueChange(path: "gone", old: 1, new: nil),
        ValueChange(path: "solver.rate.start", old: 0.1, new: 0.2),
      ])
  }

  @Test func elementsOfListsAreComparedWhereTheirNumberIsTheSame() {
    #expect(
      (["a": [1, 2]] as Value).changes(to: ["a": [1, 3]])
        == [ValueChange(path: "a.1", old: 2, new: 3)])
    #expect(
      (["a": [1]] as Value).changes(to: ["a": [1, 3]])
        == [ValueChange(path: "a", old: [1], new: [1, 3])])
  }

  @Test func elementsWithNamesAreCalledByThem() {
    func layers(_ layers: (String, Value)...) -> Value {
      ["layers": .list(layers.map { ["name": .string($0.0), "units": $0.1] })]
    }
    let old = layers(("conv1", 8), ("fc2", 4))
    #expect(
      old.changes(to: layers(("conv1", 9), ("fc2", 4)))
        == [ValueChange(path: "layers.conv1.units", old: 8, new: 9)])
    #expect(
      old.changes(to: layers(("first", 8), ("fc2", 4)))
        == [ValueChange(path: "layers.0.name", old: "conv1", new: "first")])
    // Added and removed elements are distinguished from changed ones.
    let longer = layers(("conv1", 8), ("conv2", 3), ("fc2", 5))
    #expect(
      old.changes(to: longer) == [
        ValueChange(path: "layers.conv2", old: nil, new: ["name": "conv2", "units": 3]),
        ValueChange(path: "layers.fc2.units", old: 4, new: 5),
      ])
    #expect(
      longer.changes(to: layers(("conv1", 8), ("fc2", 5)))
        == [ValueChange(path: "layers.conv2", old: ["name": "conv2", "units": 3], new: nil)])
    let otherOrder = layers(("fc2", 4), ("conv2", 3), ("conv1", 8))
    #expect(
      old.changes(to: otherOrder)
        == [ValueChange(path: "layers", old: old["layers"], new: otherOrder["layers"])])
  }

  @Test func changedKindIsOneChange() {
    #expect(
      (["a": ["b": 1]] as Value).changes(to: ["a": "b"])
        == [ValueChange(path: "a", old: ["b": 1], new: "b")])
    #expect((1 as Value).changes(to: 2) == [ValueChange(path: "", old: 1, new: 2)])
  }

  @Test func nullIsNotTheSameAsNothing() {
    #expect(
      ([:] as Value).changes(to: ["a": .null]) == [ValueChange(path: "a", old: nil, new: .null)])
  }
}

@Suite struct ValueContentTests {
  @Test func wholeNumbersAnswerInBothSpellings() {
    #expect(Value.number(3).asInteger == 3)
    #expect(Value.integer(3).double == 3)
    #expect(Value.number(3.5).asInteger == nil)
    #expect(Value.number(1e300).asInteger == nil)
  }

  @Test func wordsForWhatJSONCannotWriteAreNumbers() throws {
    #expect(Value.string("nan").double?.isNaN == true)
    #expect(Value.string("-inf").double == -.infinity)
    #expect(Value.string("none").double == nil)
  }

  @Test func otherKindsAnswerNothing() {
    #expect(Value.bool(true).asInteger == nil)
    #expect(Value.integer(1).asBool == nil)
    #expect(Value.string("a").asList == nil)
    #expect(Value.list([]).asMap == nil)
    #expect(Value.null.asString == nil)
  }
}
