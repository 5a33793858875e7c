import Definitions
import Testing

/// What a place of a layer's activations depends on.
@Suite struct ReceptiveFieldTests {
  private func network(_ layers: [[Definitions.Operation]], side: Int = 12) -> NetworkDefinition {
    NetworkDefinition(
      input: Shape(channels: 3, height: side, width: side),
      layers: layers.enumerated().map { LayerDefinition(name: "layer\($0)", operations: $1) })
  }

  private func field(
    _ network: NetworkDefinition, _ layer: Int, _ row: Int, _ column: Int
  ) throws -> [ClosedRange<Int>] {
    let field = try network.receptiveField(ofLayer: layer, row: row, column: column)
    return [field.rows, field.columns]
  }

  private func conv(_ kernel: Int, stride: Int = 1, padding: Int = 0) -> Definitions.Operation {
    .convolution(Convolution(filters: 4, kernel: kernel, stride: stride, padding: padding))
  }

  @Test func windowsAddUp() throws {
    let net = network([
      [conv(3), .relu], [.maxPool(Pooling(kernel: 2, stride: 2)), conv(3, padding: 1), .tanh],
    ])
    #expect(try field(net, 0, 0, 4) == [0...2, 4...6])
    // Pooled rows 1…3 are convolved rows 2…7, which are pixels 2…9.
    #expect(try field(net, 1, 2, 2) == [2...9, 2...9])
    // At the edge, part of the window is padding.
    #expect(try field(net, 1, 0, 4) == [0...5, 6...11])
  }

  @Test func vectorsSeeEverything() throws {
    let net = network([
      [conv(3)], [.dense(Dense(units: .count(2)))], [.relu, .dense(Dense(units: .count(2)))],
    ])
    #expect(try field(net, 1, 0, 0) == [0...11, 0...11])
    #expect(try field(net, 2, 0, 0) == [0...11, 0...11])
    #expect(try field(network([[conv(3), .globalAveragePool]]), 0, 0, 0) == [0...11, 0...11])
  }

  /// The widest of the paths; what is gated by a mean over the map depends on all of it.
  @Test func paths() throws {
    let sum = network([[conv(1), .sum([conv(5, padding: 2)], [conv(1)], []), .relu]])
    #expect(try field(sum, 0, 6, 0) == [4...8, 0...2])
    let gated = network([[conv(1), .product([], [.globalAveragePool, conv(1), .sigmoid])]])
    #expect(try field(gated, 0, 6, 6) == [0...11, 0...11])
  }
}
