import Basics
import Definitions
import Kernels

extension Weights {
  /// The initial parameters of a network, drawn from `stream`.
  ///
  /// A value depends only on the stream, the name of its parameter and its position (in PyTorch's order), not on
  /// other layers or the number of threads.
  ///
  /// - Throws: `DiagnosticError` if the shapes of the network do not match.
  package static func initial(
    for network: NetworkDefinition, stream: RandomStream, threads: Int = 1
  ) throws -> Weights {
    let definitions: [ParameterDefinition]
    do {
      definitions = try network.parameters()
    } catch {
      throw DiagnosticError("layer '\(error.layer)' does not fit: \(error.message)")
    }
    let pool = ThreadPool(threads: threads, processors: ProcessLimits.current.processors)
    return Weights(definitions.map { .initial($0, stream: stream, on: pool) })
  }
}

extension Tensor {
  /// The initial values of a parameter, drawn from `stream`; see `Weights.initial`.
  package static func initial(_ parameter: ParameterDefinition, stream: RandomStream) -> Tensor {
    initial(parameter, stream: stream, on: ThreadPool(threads: 1, processors: 1))
  }

  fileprivate static func initial(
    _ parameter: ParameterDefinition, stream: RandomStream, on pool: ThreadPool
  ) -> Tensor {
    let stream = stream.stream(for: "initialize").stream(for: parameter.name)
    let values = parameter.initializer.values(
      count: parameter.count, fanIn: parameter.fanIn, stream: stream, on: pool)
    return Tensor(name: parameter.name, shape: parameter.shape, values: values)
  }
}

extension Initializer {
  fileprivate func values(
    count: Int, fanIn: Int, stream: RandomStream, on pool: ThreadPool
  ) -> [Float] {
    let fanIn = Double(fanIn)
    switch self {
    case .constant(let constant):
      return Array(repeating: Float(constant), count: count)
    case .gaussian(let deviation):
      return fill(count, stream, on: pool) { $0.normals(deviation: deviation) }
    case .normal(let mean, let deviation):
      return fill(count, stream, on: pool) { $0.normals(mean: mean, deviation: deviation) }
    case .he:
      let deviation = (2 / fanIn).squareRoot()
      return fill(count, stream, on: pool) { $0.normals(deviation: deviation) }
    case .xavier:
      let bound = (3 / fanIn).squareRoot()
      return fill(count, stream, on: pool) { $0.uniforms(bound: bound) }
    }
  }

  /// Values 4i to 4i + 3 are derived from the 128 random bits at position i.
  private func fill(
    _ count: Int, _ stream: RandomStream, on pool: ThreadPool,
    _ draw: (SIMD4<UInt32>) -> SIMD4<Float>
  ) -> [Float] {
    let positions = (count + 3) / 4
    let block = 4096
    return [Float](unsafeUninitializedCapacity: count) { target, initialized in
      // A buffer that is being initialised cannot be captured, but its address can.
      let start = target.baseAddress
      pool.run((positions + block - 1) / block) { task, _ in
        guard let start else { return }
        for position in task * block..<min((task + 1) * block, positions) {
          let drawn = draw(stream.bits(at: UInt64(position)))
          for lane in 0..<min(4, count - 4 * position) {
            (start + 4 * position + lane).initialize(to: drawn[lane])
          }
        }
      }
      initialized = count
    }
  }
}

extension SIMD4<UInt32> {
  /// A word as a number strictly between 0 and 1.
  private func fraction(_ lane: Int) -> Double { (Double(self[lane]) + 0.5) * 0x1p-32 }

  /// Four normal numbers, by the method of Box and Muller (1958): two pairs.
  fileprivate func normals(mean: Double = 0, deviation: Double) -> SIMD4<Float> {
    var result = SIMD4<Float>()
    for pair in 0..<2 {
      let radius = (-2 * ElementaryFunctions.log(fraction(2 * pair))).squareRoot() * deviation
      let (cosine, sine) = ElementaryFunctions.cosineAndSine(ofTurns: fraction(2 * pair + 1))
      result[2 * pair] = Float(mean + radius * cosine)
      result[2 * pair + 1] = Float(mean + radius * sine)
    }
    return result
  }

  /// Four numbers in −bound..<bound.
  fileprivate func uniforms(bound: Double) -> SIMD4<Float> {
    var result = SIMD4<Float>()
    for lane in 0..<4 { result[lane] = Float((2 * fraction(lane) - 1) * bound) }
    return result
  }
}
