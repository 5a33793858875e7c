import Basics
import Engine
import Stages
import Testing

/// What the last step makes of the weights, which no loss shows any more.
@Suite struct FiniteWeightsTests {
  private func weights(_ last: Float) -> Weights {
    Weights([
      Tensor(name: "fc.bias", shape: [2], values: [0, 1]),
      Tensor(name: "fc.weight", shape: [1, 3], values: [0.5, -1, last]),
    ])
  }

  @Test func numbersAreFine() throws {
    try weights(.greatestFiniteMagnitude).checkFinite(after: 12)
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan])
  func whatIsNoNumberIsNamedWithItsPlace(value: Float) throws {
    let error = try #require(throws: DiagnosticError.self) {
      try weights(value).checkFinite(after: 12)
    }
    #expect("\(error)".contains("the weights became \(value)"))
    #expect("\(error)".contains("position 2 of 'fc.weight'"))
    #expect(error.cause == .diverged(iteration: 12))
  }
}
