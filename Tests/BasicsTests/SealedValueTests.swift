import Basics
import Testing

@Suite struct SealedValueTests {
  private let note: Value = ["stage": "base-A", "text": "\n\u{0}é", "list": [1, 2.5, .null]]

  @Test func whatWasSealedIsReadBack() {
    for value: Value in [note, [:], "x", 1, .null] {
      #expect(Value(sealed: Array(value.sealed.utf8)) == value)
    }
  }

  @Test func anyChangeOfABitIsSeen() {
    let sealed = Array(note.sealed.utf8)
    for position in sealed.indices {
      for bit in 0..<8 {
        var changed = sealed
        changed[position] ^= 1 << UInt8(bit)
        #expect(Value(sealed: changed) == nil, "\(position) \(bit)")
      }
      #expect(Value(sealed: Array(sealed.prefix(position))) == nil)
    }
    #expect(Value(sealed: sealed + [10]) == nil)
  }
}
