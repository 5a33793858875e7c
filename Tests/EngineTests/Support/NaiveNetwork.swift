import Definitions
import Engine
import Glibc

/// A network by its definition, in double precision, operation by operation and value by value: the twin that nets are
/// compared with. A batch at once, since batch norm looks at all images.
struct NaiveNetwork {
  let network: NetworkDefinition
  private let graph: NetworkGraph

  init(_ network: NetworkDefinition) throws {
    self.network = network
    graph = try NetworkGraph(network)
  }

  /// What comes out for images with their channels last.
  ///
  /// - Parameter parameters: in the network's order, each in PyTorch's layout.
  func outputs(_ images: [Double], _ parameters: [[Double]], training: Bool = true) -> [Double] {
    var values: [Int: [Double]] = [0: images]
    var next = 0
    for step in graph.steps {
      let own = graph.parameters(of: step, layer: "").count
      let inputs = step.inputs.map { values[$0] ?? [] }
      values[step.output] = output(
        step, inputs, Array(parameters[next..<next + own]),
        count: images.count / network.input.count,
        training: training)
      next += own
    }
    return values[graph.values.count - 1] ?? []
  }

  private func output(
    _ step: NetworkGraph.Step, _ inputs: [[Double]], _ parameters: [[Double]], count images: Int,
    training: Bool
  ) -> [Double] {
    let x = inputs[0]
    let shapes = step.inputs.map { graph.values[$0] }
    let shape = shapes[0]
    let output = graph.values[step.output]
    switch step.settings {
    case let convolution as Convolution:
      return convolve(convolution, x, shape, output, parameters)
    case is Dense:
      let w = parameters[0]
      return (0..<images * output.count).map { index in
        let (image, unit) = index.quotientAndRemainder(dividingBy: output.count)
        var sum = parameters.count > 1 ? parameters[1][unit] : 0
        for place in 0..<shape.count / shape.channels {
          for channel in 0..<shape.channels {
            sum +=
              w[unit * shape.count + channel * (shape.count / shape.channels) + place]
              * x[image * shape.count + place * shape.channels + channel]
          }
        }
        return sum
      }
    case let norm as BatchNorm:
      return normalize(norm, x, shape, parameters, training: training)
    case is Rectifier: return x.map { max($0, 0) }
    case is Rectifier6: return x.map { min(max($0, 0), 6) }
    case let leaky as LeakyRectifier: return x.map { $0 < 0 ? leaky.slope * $0 : $0 }
    case is HyperbolicTangent: return x.map { tanh($0) }
    case is Sigmoid: return x.map { 1 / (1 + exp(-$0)) }
    case is SigmoidLinearUnit: return x.map { $0 / (1 + exp(-$0)) }
    case is Flatten:
      let places = shape.count / shape.channels
      return x.indices.map { index in
        let (image, rest) = index.quotientAndRemainder(dividingBy: shape.count)
        let (channel, place) = rest.quotientAndRemainder(dividingBy: places)
        return x[image * shape.count + place * shape.channels + channel]
      }
    case let pool as MaxPool: return self.pool(pool.pooling, x, shape, output, isMaximum: true)
    case let pool as AveragePool: return self.pool(pool.pooling, x, shape, output, isMaximum: false)
    case let pool as AdaptiveAveragePool: return average(pool.size, x, shape, images)
    case is Sum:
      return x.indices.map { index in inputs.reduce(0) { $0 + $1[index] } }
    case is Concat:
      let places = output.count / output.channels
      return (0..<images * places).flatMap { place in
        zip(inputs, shapes).flatMap { input, shape in
          input[place * shape.channels..<(place + 1) * shape.channels]
        }
      }
    case is Product:
      return (0..<images * output.count).map { index in
        let image = index / output.count
        return zip(inputs, shapes).reduce(1) { product, factor in
          product
            * (factor.1 == output
              ? factor.0[index]
              : factor.0[image * output.channels + index % output.channels])
        }
      }
    default:
      preconditionFailure("the naive network has no '\(step.settings)'")
    }
  }

  private func convolve(
    _ convolution: Convolution, _ x: [Double], _ shape: Shape, _ output: Shape,
    _ parameters: [[Double]]
  ) -> [Double] {
    let kernel = convolution.kernel
    let inputs = shape.channels / convolution.groups
    let filters = output.channels / convolution.groups
    let w = parameters[0]
    return (0..<x.count / shape.count * output.count).map { index in
      let (place, filter) = index.quotientAndRemainder(dividingBy: output.channels)
      let (image, rest) = place.quotientAndRemainder(dividingBy: output.height * output.width)
      let (row, column) = rest.quotientAndRemainder(dividingBy: output.width)
      var sum = parameters.count > 1 ? parameters[1][filter] : 0
      for i in 0..<kernel {
        for j in 0..<kernel {
          let y = row * convolution.stride - convolution.padding + i
          let z = column * convolution.stride - convolution.padding + j
          guard 0..<shape.height ~= y, 0..<shape.width ~= z else { continue }
          for channel in 0..<inputs {
            sum +=
              w[((filter * inputs + channel) * kernel + i) * kernel + j]
              * x[
                ((image * shape.height + y) * shape.width + z) * shape.channels
                  + filter / filters * inputs + channel]
          }
        }
      }
      return sum
    }
  }

  private func normalize(
    _ norm: BatchNorm, _ x: [Double], _ shape: Shape, _ parameters: [[Double]], training: Bool
  ) -> [Double] {
    let channels = shape.channels
    let rows = Double(x.count / channels)
    var means = parameters[2]
    var variances = parameters[3]
    if training {
      means = Array(repeating: 0, count: channels)
      variances = means
      for (index, value) in x.enumerated() { means[index % channels] += value / rows }
      for (index, value) in x.enumerated() {
        let difference = value - means[index % channels]
        variances[index % channels] += difference * difference / rows
      }
    }
    return x.enumerated().map { index, value in
      let channel = index % channels
      return (value - means[channel]) / (variances[channel] + norm.epsilon).squareRoot()
        * parameters[0][channel] + parameters[1][channel]
    }
  }

  private func pool(
    _ pooling: Pooling, _ x: [Double], _ shape: Shape, _ output: Shape, isMaximum: Bool
  ) -> [Double] {
    (0..<x.count / shape.count * output.count).map { index in
      let (place, channel) = index.quotientAndRemainder(dividingBy: output.channels)
      let (image, rest) = place.quotientAndRemainder(dividingBy: output.height * output.width)
      let (row, column) = rest.quotientAndRemainder(dividingBy: output.width)
      var greatest = -Double.infinity
      var sum = 0.0
      var area = 0.0
      for i in 0..<pooling.kernel {
        for j in 0..<pooling.kernel {
          let y = row * pooling.stride - pooling.padding + i
          let z = column * pooling.stride - pooling.padding + j
          guard y < shape.height + pooling.padding, z < shape.width + pooling.padding else {
            continue
          }
          area += 1
          guard 0..<shape.height ~= y, 0..<shape.width ~= z else { continue }
          let value = x[((image * shape.height + y) * shape.width + z) * shape.channels + channel]
          greatest = max(greatest, value)
          sum += value
        }
      }
      return isMaximum ? greatest : sum / area
    }
  }

  private func average(_ size: Int, _ x: [Double], _ shape: Shape, _ images: Int) -> [Double] {
    func part(_ index: Int, _ extent: Int) -> Range<Int> {
      let end = (Double(index + 1) * Double(extent) / Double(size)).rounded(.up)
      return index * extent / size..<Int(end)
    }
    return (0..<images * size * size * shape.channels).map { index in
      let (place, channel) = index.quotientAndRemainder(dividingBy: shape.channels)
      let (image, rest) = place.quotientAndRemainder(dividingBy: size * size)
      let rows = part(rest / size, shape.height)
      let columns = part(rest % size, shape.width)
      var sum = 0.0
      for y in rows {
        for z in columns {
          sum += x[((image * shape.height + y) * shape.width + z) * shape.channels + channel]
        }
      }
      return sum / Double(rows.count * columns.count)
    }
  }
}
