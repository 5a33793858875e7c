import Basics

/// A convolution of a feature map with filters.
package struct Convolution: Hashable, Sendable {
  /// Output channels, a multiple of `groups`.
  package var filters: OutputUnits
  /// Height and width of a filter.
  package var kernel: Int
  package var stride: Int
  /// Zeros added on every side.
  package var padding: Int
  /// Input and output channels are divided into this number of groups; outputs depend only on inputs of the same
  /// group.
  package var groups: Int
  package var parameters: ParameterSettings

  package init(
    filters: OutputUnits, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1,
    parameters: ParameterSettings = ParameterSettings()
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.groups = groups
    self.parameters = parameters
  }

  package init(
    filters: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1,
    parameters: ParameterSettings = ParameterSettings()
  ) {
    self.init(
      filters: .count(filters), kernel: kernel, stride: stride, padding: padding, groups: groups,
      parameters: parameters)
  }
}

extension Operation {
  package static func convolution(_ settings: Convolution, name: OperationName? = nil) -> Operation
  {
    Operation(settings, name: name)
  }
}

extension Convolution: OperationSettings {
  package static var keyword: String { "conv" }

  package var setting: Value? {
    [
      "filters": filters.value, "kernel": .integer(kernel), "stride": .integer(stride),
      "padding": .integer(padding), "groups": .integer(groups), "parameters": parameters.value,
    ]
  }

  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  /// 2: windows of one pixel and filters of one channel have algorithms of their own. 3: windows of one pixel are not
  /// multiplied by OpenBLAS any more, and convolutions that are, or are rearranged to, such of 2 × 2 or 4 × 4 use Winograd's
  /// domain. 4: strided convolutions with small windows are not multiplied by OpenBLAS any more.
  package var revision: Int {
    if groups > 1 && filters == .count(groups) { return 2 }
    if kernel == 1 { return groups == 1 ? 3 : 2 }
    if groups == 1 && stride > 1 && kernel <= 2 * stride { return 4 }
    let isInDomain = [2, 4].contains(innerKernel) && kernel > stride
    return isInDomain && (stride == 1 || groups == 1) ? 3 : NumericsRevision.engine
  }

  /// 5: maps of, for example, 13 × 13 are divided into tiles of two sizes. 6: images with few channels are not transformed into
  /// Winograd's domain any more. 7: maps of, for example, 32 × 32 are divided into tiles of 6 and 4. 8: maps of, for example,
  /// 14 × 14 are divided into tiles of 4 and 3 for filters of 2 × 2, and for strided ones of 3 × 3.
  package func revision(for input: Shape) -> Int {
    if isDirect(from: input) { return 6 }
    guard [2, 3].contains(innerKernel), groups == 1 || filters != .count(groups), input.isSpatial
    else { return revision }
    let (height, width) = (outputExtent(input.height), outputExtent(input.width))
    guard let tiles = TileDivision(kernel: innerKernel, height: height, width: width) else {
      return revision
    }
    if innerKernel == 3 { return tiles.tile == 6 ? 7 : tiles.isMixed ? 5 : revision }
    let isInDomain =
      stride == 1
      || groups == 1 && kernel > stride
        && Convolution.isStridedInDomain(
          channels: input.channels, kernel: kernel, stride: stride, height: height, width: width)
    return isInDomain && tiles.isMixed ? 8 : revision
  }

  /// Whether a strided convolution has few enough multiplications in Winograd's domain, where its filters are of 2 × 2 or
  /// 4 × 4. Larger ones would be served as well, at other bits than they have had.
  package static func isStridedInDomain(
    channels: Int, kernel: Int, stride: Int, height: Int, width: Int
  ) -> Bool {
    let inner = (kernel + stride - 1) / stride
    guard channels % 16 == 0, [2, 4].contains(inner),
      let tiles = TileDivision(kernel: inner, height: height, width: width)
    else { return false }
    let areFew = tiles.rows.tiles * tiles.columns.tiles < fewestMixedTiles
    let judged = areFew ? TileDivision(tile: tiles.tile, height: height, width: width) : tiles
    let products = judged.points(kernel: kernel, stride: stride)
    return Double(products)
      <= mostStridedProducts * Double(kernel * kernel * height * width)
  }

  /// The share of the multiplications that must be left: with 0.73 of them, transforms took what that saved.
  private static let mostStridedProducts = 2.0 / 3
  /// Fewer tiles use the filters in the domain too little for those of 3 to be the reason: with 7 × 7, resnet18's layer was a
  /// twentieth faster, at 40 MB more.
  private static let fewestMixedTiles = 8

  /// Whether windows are multiplied where they stand, since the image has few channels and filters fill vectors.
  ///
  /// Filters for classes count as if they did: no result may be reused that was computed otherwise.
  private func isDirect(from input: Shape) -> Bool {
    let fillsVectors = filters == .classes || Convolution.fillsVectors(filters.resolved)
    return groups == 1 && input.isSpatial && fillsVectors
      && Convolution.isDirect(channels: input.channels, kernel: kernel)
  }

  package static func isDirect(channels: Int, kernel: Int) -> Bool {
    channels <= 4 && 2...5 ~= kernel
  }
  package static func fillsVectors(_ filters: Int) -> Bool { filters % 16 == 0 }

  private func outputExtent(_ input: Int) -> Int {
    max((input + 2 * padding - kernel) / stride + 1, 1)
  }

  /// The size of filters when all pixels that a step passes over are one.
  private var innerKernel: Int { (kernel + stride - 1) / stride }

  package var isWeighted: Bool { true }
  package var window: PlaceWindow? {
    PlaceWindow(kernel: kernel, stride: stride, padding: padding)
  }
  package var hasUnitsForClasses: Bool { filters == .classes }

  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    let filters = filters.resolved
    guard input.isSpatial else {
      return .failure("conv needs channels × height × width, but its input is \(input)")
    }
    guard input.channels % groups == 0 else {
      return .failure("its input \(input) has channels that do not divide into \(groups) groups")
    }
    guard filters % groups == 0 else {
      return .failure("its \(filters) filters do not divide into \(groups) groups")
    }
    guard input.height + 2 * padding >= kernel, input.width + 2 * padding >= kernel else {
      return .failure(
        "a \(kernel)×\(kernel) kernel does not fit its input \(input) with padding \(padding)")
    }
    return .success(
      Shape(
        channels: filters, height: outputExtent(input.height), width: outputExtent(input.width)))
  }

  package var parameterWord: String? { "conv" }

  package func parameters(named name: String, layer: String, input: Shape) -> [ParameterDefinition]
  {
    parameters.parameters(
      named: name, layer: layer, shape: [filters.resolved, input.channels / groups, kernel, kernel])
  }

  package func flops(from input: Shape, to output: Shape) -> Int {
    2 * output.count * fanIn(from: input)
  }

  /// Winograd's F(4,3) turns 9 weights into 36, and keeps some 30 MB of tiles.
  package func memory(from input: Shape, to output: Shape) -> OperationMemory {
    var memory = OperationMemory()
    let fanIn = fanIn(from: input)
    if isDirect(from: input) {
      memory.working =
        (input.height + 2 * padding) * (input.width + 2 * padding) * input.channels
      memory.transformed = output.channels * fanIn
      memory.gradientSums = output.channels * fanIn
    } else if isLowered(from: input) {
      memory.working = min(output.height * output.width, 256 + output.width) * fanIn
      memory.gradientSums = output.channels * fanIn
    } else {
      memory.working = min(8 << 20, 36 * (input.count + output.count))
      memory.transformed = 8 * output.channels * fanIn
    }
    return memory
  }

  package func resolved(classes: Int) -> Convolution {
    var result = self
    result.filters = filters.resolved(classes: classes)
    return result
  }

  private func fanIn(from input: Shape) -> Int { kernel * kernel * (input.channels / groups) }

  /// Whether it is computed as matrix products of its lowered input: kernels of 2 to 5 are not, nor are strided
  /// convolutions that are rearranged to such. (Some of small maps are lowered after all, which takes less memory.)
  private func isLowered(from input: Shape) -> Bool {
    guard kernel > stride, 2...5 ~= innerKernel else { return true }
    guard stride > 1 else { return false }
    if groups > 1 { return true }
    let isReadAsItIs = input.channels % 16 == 0 && [2, 4].contains(innerKernel)
    return !isReadAsItIs && (stride * stride * input.channels > 64 || innerKernel == 2)
  }
}
