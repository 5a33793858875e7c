import Definitions
import Testing

@Suite struct PoolingExtentTests {
  // By Caffe's pooling_layer.cpp: ⌈(extent + 2·padding − kernel) / stride⌉ + 1, one less where the last
  // window would start beyond extent + padding.
  @Test(arguments: [
    (55, 3, 2, 0, 27), (27, 3, 2, 0, 13), (13, 3, 2, 0, 6), (32, 3, 2, 0, 16), (16, 3, 2, 0, 8),
    (8, 3, 2, 0, 4), (4, 2, 2, 0, 2), (5, 2, 2, 0, 3), (3, 3, 1, 0, 1), (4, 3, 2, 1, 3),
    (5, 2, 2, 1, 3), (3, 2, 2, 1, 2), (7, 7, 7, 0, 1),
  ])
  func roundingUpIsCaffes(
    _ extent: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ places: Int
  ) {
    #expect(
      Pooling(kernel: kernel, stride: stride, padding: padding).outputExtent(extent) == places)
  }

  @Test(arguments: [
    (55, 3, 2, 0, 27), (32, 3, 2, 0, 15), (5, 2, 2, 0, 2), (4, 3, 2, 1, 2), (6, 2, 2, 1, 4),
  ])
  func roundingDownIsPyTorchs(
    _ extent: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ places: Int
  ) {
    let pooling = Pooling(kernel: kernel, stride: stride, padding: padding, rounding: .down)
    #expect(pooling.outputExtent(extent) == places)
  }

  @Test func everyWindowSeesAValue() {
    for extent in 1...12 {
      for kernel in 1...4 {
        for stride in 1...5 {
          for padding in 0..<kernel where extent + 2 * padding >= kernel {
            for rounding in Pooling.Rounding.allCases {
              let pooling = Pooling(
                kernel: kernel, stride: stride, padding: padding, rounding: rounding)
              let last = (pooling.outputExtent(extent) - 1) * stride - padding
              #expect(pooling.outputExtent(extent) >= 1)
              #expect(last < extent && last + kernel > 0, "\(extent) \(pooling)")
            }
          }
        }
      }
    }
  }
}

@Suite struct ShapeInferenceTests {
  private let image = Shape(channels: 6, height: 10, width: 12)

  private func complaint(_ operation: Operation, _ input: Shape) -> String? {
    if case .failure(let complaint) = operation.outputShape(for: input) {
      complaint.message
    } else {
      nil
    }
  }

  @Test func convolutionKeepsWhatFits() throws {
    let convolution = Operation.convolution(
      Convolution(filters: 4, kernel: 3, stride: 2, padding: 1, groups: 2))
    #expect(
      try convolution.outputShape(for: image).get() == Shape(channels: 4, height: 5, width: 6))
  }

  @Test func pointwiseOperationsKeepTheShape() throws {
    for operation in [
      Operation.relu, .tanh, .dropout(0.1), .batchNorm(BatchNorm()), .lrn(LocalResponseNorm()),
    ] {
      #expect(try operation.outputShape(for: image).get() == image)
    }
    #expect(
      try Operation.dense(Dense(units: .count(7))).outputShape(for: image).get() == Shape(units: 7))
  }

  @Test func groupsMustDivideChannelsAndFilters() {
    #expect(
      complaint(.convolution(Convolution(filters: 8, kernel: 1, groups: 4)), image)
        == "its input 6×10×12 has channels that do not divide into 4 groups")
    #expect(
      complaint(.convolution(Convolution(filters: 8, kernel: 1, groups: 3)), image)
        == "its 8 filters do not divide into 3 groups")
  }

  @Test func windowsMustFit() {
    #expect(
      complaint(.convolution(Convolution(filters: 1, kernel: 11)), image)
        == "a 11×11 kernel does not fit its input 6×10×12 with padding 0")
    #expect(complaint(.convolution(Convolution(filters: 1, kernel: 12, padding: 1)), image) == nil)
    #expect(
      complaint(.maxPool(Pooling(kernel: 11, stride: 1)), image)
        == "a 11×11 window does not fit its input 6×10×12 with padding 0")
    #expect(
      complaint(.averagePool(Pooling(kernel: 2, stride: 1, padding: 2)), image)
        == "padding 2 leaves windows of 2×2 that see no value")
  }

  @Test func vectorsHaveNoPlaces() {
    let vector = Shape(units: 5)
    #expect(complaint(.convolution(Convolution(filters: 1, kernel: 1)), vector) != nil)
    #expect(complaint(.maxPool(Pooling(kernel: 1, stride: 1)), vector) != nil)
    #expect(complaint(.lrn(LocalResponseNorm()), vector) != nil)
    #expect(complaint(.relu, vector) == nil)
  }

  @Test func firstMisfitIsNamed() {
    var network = caffeNet()
    network.layers[4].operations[2] = .maxPool(Pooling(kernel: 99, stride: 1))
    let misfit = #expect(throws: ShapeMismatch.self) { try network.shapes() }
    #expect(misfit?.layer == "conv5")
    #expect(misfit?.layerIndex == 4)
    #expect(misfit?.place == [2])
    #expect(misfit?.input == Shape(channels: 256, height: 13, width: 13))
    #expect(misfit?.message == "a 99×99 window does not fit its input 256×13×13 with padding 0")
  }

  @Test func shapesCountAndPrint() {
    #expect(image.count == 720)
    #expect(image.description == "6×10×12")
    #expect(Shape(units: 9).height == 1)
    #expect(!Shape(units: 9).isSpatial)
  }
}
