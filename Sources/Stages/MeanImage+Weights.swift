import Basics
import Datasets
import Definitions
import Engine

extension MeanImage {
  private static let tensorName = "mean"

  /// The mean as a tensor `mean`, channels × height × width: PyTorch's layout for images.
  package var weights: Weights {
    let pixels = shape.height * shape.width
    let planes = (0..<shape.channels).flatMap { channel in
      (0..<pixels).map { values[$0 * shape.channels + channel] }
    }
    return Weights([Tensor(name: MeanImage.tensorName, shape: shape.dimensions, values: planes)])
  }

  /// Reads the output of `weights`.
  ///
  /// - Throws: `DiagnosticError` if the tensor is missing or not an image.
  init(_ weights: Weights) throws {
    guard let tensor = weights[MeanImage.tensorName], tensor.shape.count == 3,
      tensor.shape.allSatisfy({ $0 > 0 })
    else {
      throw DiagnosticError("the mean image has no tensor '\(MeanImage.tensorName)' of an image")
    }
    let (channels, height, width) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
    let pixels = height * width
    self.init(
      shape: Shape(channels: channels, height: height, width: width),
      values: (0..<pixels * channels).map { tensor.values[$0 % channels * pixels + $0 / channels] })
  }
}
