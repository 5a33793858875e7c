import Glibc
import Kernels
import Testing

@Suite struct ElementaryFunctionsTests {
  @Test func expMeetsTheCLibrary() {
    for step in -2980...2836 {
      let x = Double(step) * 0.25 + 0.0123
      let expected = exp(x)
      // Below the normal numbers there are fewer bits to be right.
      let tolerance = max(expected * 1e-15, 0x1p-1074)
      #expect((ElementaryFunctions.exp(x) - expected).magnitude <= tolerance)
    }
    #expect(ElementaryFunctions.exp(0) == 1)
    #expect(ElementaryFunctions.exp(-.infinity) == 0)
    #expect(ElementaryFunctions.exp(1000) == .infinity)
    #expect(ElementaryFunctions.exp(.nan).isNaN)
  }

  @Test func logMeetsTheCLibrary() {
    for step in 1...2000 {
      let x = pow(1.01, Double(step - 1000)) * 1.0003
      #expect((ElementaryFunctions.log(x) - log(x)).magnitude <= max(1, log(x).magnitude) * 4e-16)
    }
    #expect(ElementaryFunctions.log(1) == 0)
  }

  @Test func cosineAndSineMeetTheCLibrary() {
    for step in 0..<1000 {
      let turns = Double(step) / 1000
      let (cosine, sine) = ElementaryFunctions.cosineAndSine(ofTurns: turns)
      #expect((cosine - cos(2 * .pi * turns)).magnitude < 1e-15)
      #expect((sine - sin(2 * .pi * turns)).magnitude < 1e-15)
    }
  }

  @Test func tanhMeetsTheCLibrary() {
    for step in -400...400 {
      let x = Float(step) * 0.06 + 1e-4
      let expected = tanh(Double(x))
      #expect(
        (Double(ElementaryFunctions.tanh(x)) - expected).magnitude <= expected.magnitude * 7e-8)
    }
    #expect(ElementaryFunctions.tanh(0) == 0)
    #expect(ElementaryFunctions.tanh(.nan).isNaN)
  }
}
