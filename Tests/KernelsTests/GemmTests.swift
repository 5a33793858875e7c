import Kernels
import Testing

@Suite struct GemmTests {
  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func multiplyMeetsNaiveTwin(a transposedA: Bool, b transposedB: Bool) throws {
    let (m, n, k) = (7, 5, 11)
    let a = FloatBuffer(someValues(m * k, seed: 1))
    let b = FloatBuffer(someValues(k * n, seed: 2))
    // C has a stride of its own; the memory between its rows must not change.
    let c = FloatBuffer(Array(repeating: 9, count: m * 8))
    try BLAS.load().multiply(
      Matrix(a.start, stride: transposedA ? m : k, isTransposed: transposedA),
      Matrix(b.start, stride: transposedB ? k : n, isTransposed: transposedB), into: c.start,
      stride: 8, m: m, n: n, k: k)
    var expected = Array(repeating: 9.0, count: m * 8)
    for row in 0..<m {
      for column in 0..<n {
        expected[row * 8 + column] = (0..<k).reduce(0.0) { sum, inner in
          let left = transposedA ? a.values[inner * m + row] : a.values[row * k + inner]
          let right = transposedB ? b.values[column * k + inner] : b.values[inner * n + column]
          return sum + Double(left) * Double(right)
        }
      }
    }
    #expect(relativeError(c.values, expected) < 1e-6)
  }

  @Test func accumulatingAddsToWhatIsThere() throws {
    let a = FloatBuffer([1, 2])
    let c = FloatBuffer([10])
    try BLAS.load().multiply(
      Matrix(a.start, stride: 2), Matrix(a.start, stride: 1), into: c.start, stride: 1, m: 1, n: 1,
      k: 2, accumulating: true)
    #expect(c.values == [15])
  }

  @Test func provenanceNamesTheLibrary() throws {
    let blas = try BLAS.load()
    #expect(blas.configuration.contains("OpenBLAS"))
    #expect(!blas.coreName.isEmpty)
  }

  /// OpenBLAS selects kernels without AVX for a processor that is newer than itself.
  @Test(.enabled("the processor has no AVX2") { KernelLevel.avx2.isSupported })
  func kernelsSuitTheProcessor() throws {
    #expect(try BLAS.load().coreName != "Prescott")
  }
}
