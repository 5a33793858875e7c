import Definitions

/// The network of the paper (BVLC's reference CaffeNet): pooling before normalisation, two groups in
/// conv2, conv4 and conv5.
func caffeNet(classes: Dense.Units = .count(1000)) -> NetworkDefinition {
  func convolution(
    _ filters: Int, _ kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) -> Operation {
    .convolution(
      Convolution(
        filters: filters, kernel: kernel, stride: stride, padding: padding, groups: groups))
  }
  func dense(_ units: Dense.Units) -> Operation { .dense(Dense(units: units)) }
  let pool = Operation.maxPool(Pooling(kernel: 3, stride: 2))
  let norm = Operation.lrn(LocalResponseNorm())
  return NetworkDefinition(
    input: Shape(channels: 3, height: 227, width: 227),
    layers: [
      LayerDefinition(
        name: "conv1", operations: [convolution(96, 11, stride: 4), .relu, pool, norm]),
      LayerDefinition(
        name: "conv2", operations: [convolution(256, 5, padding: 2, groups: 2), .relu, pool, norm]),
      LayerDefinition(name: "conv3", operations: [convolution(384, 3, padding: 1), .relu]),
      LayerDefinition(
        name: "conv4", operations: [convolution(384, 3, padding: 1, groups: 2), .relu]),
      LayerDefinition(
        name: "conv5", operations: [convolution(256, 3, padding: 1, groups: 2), .relu, pool]),
      LayerDefinition(name: "fc6", operations: [dense(.count(4096)), .relu, .dropout(0.5)]),
      LayerDefinition(name: "fc7", operations: [dense(.count(4096)), .relu, .dropout(0.5)]),
      LayerDefinition(name: "fc8", operations: [dense(classes)]),
    ])
}
