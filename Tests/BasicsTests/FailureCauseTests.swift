import Basics
import Glibc
import SystemPackage
import Testing

@Suite struct FailureCauseTests {
  @Test(arguments: [
    FailureCause.diverged(iteration: 12), .outOfSpace, .outOfMemory, .damagedInput, .unusableInput,
    .other,
  ])
  func causesAreReadAsTheyWereWritten(_ cause: FailureCause) throws {
    #expect(FailureCause(try Value(json: cause.value.json())) == cause)
  }

  @Test(
    arguments: [
      [:], ["why": "diverged"], ["why": "diverged", "iteration": "12"], ["why": "bad luck"],
      "other",
      ["why": 3],
    ] as [Value])
  func anythingElseIsNone(_ value: Value) { #expect(FailureCause(value) == nil) }

  @Test func theSystemsReasonTellsTheCause() {
    func cause(_ reason: Errno) -> FailureCause {
      DiagnosticError(operation: "write", "a", because: reason).cause
    }
    #expect(cause(.noSpace) == .outOfSpace)
    #expect(cause(Errno(rawValue: EDQUOT)) == .outOfSpace)
    #expect(cause(.noMemory) == .outOfMemory)
    #expect(cause(.ioError) == .damagedInput)
    #expect(cause(.permissionDenied) == .other)
    #expect(DiagnosticError("no luck").cause == .other)
    var error = DiagnosticError(operation: "write", "a", because: .noSpace)
    error.cause = .unusableInput
    #expect(error.cause == .unusableInput)
    #expect(
      DiagnosticError("it diverged", cause: .diverged(iteration: 1)).cause
        == .diverged(iteration: 1))
  }
}
