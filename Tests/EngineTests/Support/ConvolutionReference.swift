import Definitions
import Engine

/// A convolution and its gradients by their definitions, in double precision.
struct ConvolutionReference {
  var output: [Double]
  var inputGradient: [Double]
  /// In PyTorch's order.
  var weightGradient: [Double]
  var biasGradient: [Double]

  init(
    _ convolution: Convolution, input: Shape, output shape: Shape, values: [Float],
    weights: [Float], biases: [Float], upstream: [Float]
  ) {
    let images = values.count / input.count
    let kernel = convolution.kernel
    let inputs = input.channels / convolution.groups
    let filters = shape.channels
    let outputs = filters / convolution.groups
    let x = values.map(Double.init)
    let w = weights.map(Double.init)
    let b = biases.map(Double.init)
    let dy = upstream.map(Double.init)
    output = Array(repeating: 0, count: images * shape.count)
    inputGradient = Array(repeating: 0, count: x.count)
    weightGradient = Array(repeating: 0, count: w.count)
    biasGradient = Array(repeating: 0, count: filters)
    for image in 0..<images {
      for row in 0..<shape.height {
        for column in 0..<shape.width {
          let place = ((image * shape.height + row) * shape.width + column) * shape.channels
          for filter in 0..<filters {
            let gradient = dy[place + filter]
            var sum = b[filter]
            biasGradient[filter] += gradient
            for i in 0..<kernel {
              let y = row * convolution.stride - convolution.padding + i
              guard 0..<input.height ~= y else { continue }
              for j in 0..<kernel {
                let z = column * convolution.stride - convolution.padding + j
                guard 0..<input.width ~= z else { continue }
                let from =
                  ((image * input.height + y) * input.width + z) * input.channels
                  + filter / outputs * inputs
                let tap = filter * inputs * kernel * kernel + i * kernel + j
                for channel in 0..<inputs {
                  let position = tap + channel * kernel * kernel
                  sum += w[position] * x[from + channel]
                  weightGradient[position] += gradient * x[from + channel]
                  inputGradient[from + channel] += gradient * w[position]
                }
              }
            }
            output[place + filter] = sum
          }
        }
      }
    }
  }
}
