import Definitions
import Engine
import Glibc
import Kernels
import Testing

/// Prints how fast two networks train here: for people who change the engine. CAMBIUM_BENCHMARK names
/// the network, CAMBIUM_KERNELS (avx512, avx2 or plain) the instructions if not the best ones.
@Suite struct SpeedReport {
  static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  static func convolution(
    _ filters: Int, _ kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) -> Operation {
    .convolution(
      Convolution(
        filters: filters, kernel: kernel, stride: stride, padding: padding, groups: groups))
  }

  static let caffeNet: NetworkDefinition = {
    let pool = Operation.maxPool(Pooling(kernel: 3, stride: 2))
    let norm = Operation.lrn(LocalResponseNorm())
    func dense(_ units: Int) -> Operation { .dense(Dense(units: .count(units))) }
    let layers: [[Operation]] = [
      [convolution(96, 11, stride: 4), .relu, pool, norm],
      [convolution(256, 5, padding: 2, groups: 2), .relu, pool, norm],
      [convolution(384, 3, padding: 1), .relu],
      [convolution(384, 3, padding: 1, groups: 2), .relu],
      [convolution(256, 3, padding: 1, groups: 2), .relu, pool],
      [dense(4096), .relu, .dropout(0.5)], [dense(4096), .relu, .dropout(0.5)], [dense(1000)],
    ]
    return NetworkDefinition(
      input: Shape(channels: 3, height: 227, width: 227),
      layers: layers.enumerated().map {
        LayerDefinition(name: "layer\($0 + 1)", operations: $1)
      })
  }()

  static let small32: NetworkDefinition = {
    let pool = Operation.maxPool(Pooling(kernel: 2, stride: 2))
    func block(_ filters: Int) -> [Operation] { [convolution(filters, 3, padding: 1), .relu] }
    func dense(_ units: Int) -> Operation { .dense(Dense(units: .count(units))) }
    let layers: [[Operation]] = [
      block(32), block(32) + [pool], block(64), block(64) + [pool], block(128) + [pool],
      [dense(256), .relu], [dense(256), .relu], [dense(10)],
    ]
    return NetworkDefinition(
      input: Shape(channels: 3, height: 32, width: 32),
      layers: layers.enumerated().map {
        LayerDefinition(name: "layer\($0 + 1)", operations: $1)
      })
  }()

  @Test(.enabled(if: variable("CAMBIUM_BENCHMARK") != nil, "CAMBIUM_BENCHMARK is unset"))
  func printsTimes() throws {
    if let name = SpeedReport.variable("CAMBIUM_KERNELS") {
      KernelLevel.choose(try #require(KernelLevel(rawValue: name)))
    }
    let isSmall = SpeedReport.variable("CAMBIUM_BENCHMARK") == "small32"
    let result = try EngineBenchmark.measure(
      isSmall ? SpeedReport.small32 : SpeedReport.caffeNet, batch: isSmall ? 128 : 64, threads: 2,
      repetitions: isSmall ? 20 : 5)
    func tenths(_ milliseconds: Double) -> Double { (milliseconds * 10).rounded() / 10 }
    for time in result.layers {
      print(
        "\(time.layer) \(time.operation): forward \(tenths(time.forward)), backward "
          + "\(tenths(time.backward)), inference \(tenths(time.inference)) ms")
    }
    print(
      "training \(tenths(result.trainingStep)) ms, inference \(tenths(result.inference)) ms, "
        + "\(KernelLevel.current.rawValue)")
    #expect(result.trainingStep > 0)
  }
}
