import Basics
import Testing

@Suite struct AlignedColumnsTests {
  private let rows = [
    ["name", "runs", "remark"], ["a", "12", ""], ["größer", "", ""], [], ["b"],
  ]

  @Test func columnsAreAsWideAsTheirWidestCell() {
    #expect(
      alignedColumns(rows) == "name    runs  remark\na       12\ngrößer\n\nb\n")
  }

  @Test func numbersStandFlushRight() {
    #expect(
      alignedColumns([["name", "runs"], ["größer", "12"], ["a", "7"], ["c", ""]], .numbers)
        == "name    runs\ngrößer    12\na          7\nc\n")
  }

  @Test func spacesAtTheEndAreLeftOut() {
    #expect(alignedColumns([["a ", "b "]]) == "a   b\n")
    #expect(alignedColumns([]) == "")
  }
}
