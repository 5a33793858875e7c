import Basics
import Datasets
import Definitions
import Engine
import SystemPackage

extension MeanImage {
  private static let tensorName = MeanFile.tensor

  /// The mean as a tensor `mean`, channels × height × width: PyTorch's layout for images.
  package var weights: Weights {
    let pixels = shape.height * shape.width
    let planes = (0..<shape.channels).flatMap { channel in
      (0..<pixels).map { values[$0 * shape.channels + channel] }
    }
    return Weights([Tensor(name: MeanImage.tensorName, shape: shape.dimensions, values: planes)])
  }

  /// Reads the mean of images from a file. A mean colour is repeated for every pixel.
  ///
  /// - Throws: `DiagnosticError` if the file has changed since the plan was made, or has no mean of this shape;
  ///   `Interrupted`.
  init(
    _ file: MeanFile, of shape: Shape, on fileSystem: any FileSystem, unless stop: StopCheck
  ) throws {
    let path = FilePath(file.path)
    guard let content = try fileSystem.digest(of: path, unless: stop) else { throw Interrupted() }
    guard content.digest == file.content else {
      throw DiagnosticError(
        "'\(file.path)' has changed since the plan was made",
        notes: [.init("run again to plan with its current content")])
    }
    try self.init(path, of: shape, on: fileSystem)
  }

  private init(_ path: FilePath, of shape: Shape, on fileSystem: any FileSystem) throws {
    self = try withWeights(at: path, on: fileSystem) { opened in
      let name = MeanFile.tensor
      let pixels = shape.height * shape.width
      if opened.shapes[name] == [shape.channels, 1, 1], pixels > 1 {
        let color = try opened.values(named: name, shape: [shape.channels, 1, 1])
        return MeanImage(
          shape: shape, values: (0..<shape.count).map { color[$0 % shape.channels] })
      }
      let planes = try opened.values(named: name, shape: shape.dimensions)
      return MeanImage(
        shape: shape,
        values: (0..<shape.count).map {
          planes[$0 % shape.channels * pixels + $0 / shape.channels]
        })
    }
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
