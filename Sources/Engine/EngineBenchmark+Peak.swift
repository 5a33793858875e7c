import Basics
import Kernels

extension EngineBenchmark {
  /// The speed of matrix multiplication with OpenBLAS on this machine, in floating-point operations per second: a
  /// product of two 1024×1024 matrices on each thread concurrently, the fastest of nine.
  ///
  /// The reference for a layer's speed: a convolution computed by matrix products cannot be faster; one with fewer
  /// multiplications can.
  ///
  /// - Throws: `DiagnosticError` if OpenBLAS cannot be used.
  package static func multiplicationPeak(threads: Int) throws -> Double {
    let blas = try BLAS.required()
    let size = 1024
    let pool = ThreadPool(threads: threads, processors: ProcessLimits.current.processors)
    let operands = (0..<2 * threads).map { _ in AlignedBuffer<Float>(count: size * size) }
    let products = (0..<threads).map { _ in AlignedBuffer<Float>(count: size * size) }
    for (seed, operand) in operands.enumerated() {
      for index in 0..<size * size { operand.start[index] = Float((index + seed) % 7) - 3 }
    }
    func round() {
      pool.run(threads) { task, _ in
        blas.multiply(
          Matrix(operands[2 * task].start, stride: size),
          Matrix(operands[2 * task + 1].start, stride: size), into: products[task].start,
          stride: size, m: size, n: size, k: size)
      }
    }
    round()
    var fastest = Double.infinity
    for _ in 0..<9 {
      let start = SegmentClock.seconds
      round()
      fastest = min(fastest, SegmentClock.seconds - start)
    }
    return Double(2 * threads * size * size * size) / fastest
  }
}
