import Kernels
import Testing

@Suite struct WinogradTests {
  struct Family {
    var tile: Int
    var kernel: Int
    var rows: Winograd.Tiles?
    var columns: Winograd.Tiles?
  }

  /// Tiles of one size and, for maps of 7 × 9, of two.
  static let families =
    [2, 3, 4, 5].flatMap { kernel in
      [2, 4, 5, 6].filter { Winograd.isServed(tile: $0, kernel: kernel) }
        .map { Family(tile: $0, kernel: kernel) }
    } + [
      Family(
        tile: 5, kernel: 3, rows: .init(large: 1, small: 1), columns: .init(large: 1, small: 1)),
      Family(
        tile: 5, kernel: 3, rows: .init(large: 0, small: 2), columns: .init(large: 2, small: 0)),
      Family(
        tile: 6, kernel: 3, rows: .init(large: 1, small: 1), columns: .init(large: 1, small: 1)),
      Family(
        tile: 6, kernel: 3, rows: .init(large: 0, small: 2), columns: .init(large: 2, small: 0)),
      Family(
        tile: 4, kernel: 2, rows: .init(large: 1, small: 1), columns: .init(large: 1, small: 2)),
      Family(
        tile: 4, kernel: 2, rows: .init(large: 2, small: 0), columns: .init(large: 0, small: 3)),
    ]

  private func winograd(_ family: Family, _ level: KernelLevel) -> Winograd {
    // Odd extents, two groups, channels that do not fill blocks.
    Winograd(
      tile: family.tile, rows: family.rows, columns: family.columns, kernel: family.kernel,
      padding: family.kernel / 2, groups: 2, input: (7, 9, 10), output: (7, 9, 38), level: level)
  }

  private func product(_ a: FloatBuffer, _ b: FloatBuffer) -> Double {
    zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// ⟨V(x), v⟩ = ⟨x, the adjoint of v⟩, for the tiles of two images at once and in two parts.
  @Test(arguments: families, KernelLevel.supported)
  func inputGradientIsTheAdjointOfTheInputTransform(
    family: Family, level: KernelLevel
  ) {
    let winograd = winograd(family, level)
    let tiles = 2 * winograd.tilesPerImage
    let x = FloatBuffer(someValues(2 * 7 * 9 * 10))
    let image = FloatBuffer(count: x.count)
    var left = 0.0
    for part in [0..<tiles / 3, tiles / 3..<tiles] {
      let pitch = tiles
      let v = FloatBuffer(count: winograd.count(.input, pitch: pitch))
      // A random side with zero padding: the transform of a random image.
      let other = FloatBuffer(count: v.count)
      let source = FloatBuffer(someValues(x.count, seed: 2))
      for first in [0, 5] {
        winograd.transformInput(x.start + first, tiles: part, into: v.start, pitch: pitch)
        winograd.transformInput(source.start + first, tiles: part, into: other.start, pitch: pitch)
        left += product(v, other)
        winograd.addInputGradient(other.start, pitch: pitch, tiles: part, to: image.start + first)
      }
    }
    let right = product(x, image)
    #expect((left - right).magnitude < 1e-5 * max(left.magnitude, product(x, x)))
  }

  /// ⟨dM(y), m⟩ = ⟨y, Y(m)⟩
  @Test(arguments: families, KernelLevel.supported)
  func outputTransformIsTheAdjointOfItsGradient(
    family: Family, level: KernelLevel
  ) {
    let winograd = winograd(family, level)
    let tiles = winograd.tilesPerImage
    let y = FloatBuffer(someValues(7 * 9 * 38))
    let other = FloatBuffer(someValues(y.count, seed: 2))
    let biases = FloatBuffer(count: winograd.biasCount)
    let count = winograd.count(.output, pitch: tiles)
    let (dm, m, result) = (
      FloatBuffer(count: count), FloatBuffer(count: count), FloatBuffer(count: y.count)
    )
    var (left, scale) = (0.0, 0.0)
    for first in [0, 19] {
      winograd.transformOutputGradient(
        y.start + first, tiles: 0..<tiles, into: dm.start, pitch: tiles)
      winograd.transformOutputGradient(
        other.start + first, tiles: 0..<tiles, into: m.start, pitch: tiles)
      winograd.transformOutput(
        m.start, pitch: tiles, biases: biases.start, finish: OutputFinish(), tiles: 0..<tiles,
        into: result.start + first)
      left += product(dm, m)
      scale += product(dm, dm)
    }
    let right = product(y, result)
    #expect((left - right).magnitude < 1e-5 * max(left.magnitude, scale))
  }

  /// Finished in registers, tiles have the bits of tiles that are finished afterwards.
  @Test(arguments: KernelLevel.supported, [7, 32, 38])
  func finishedOutputHasTheBitsOfBothSteps(level: KernelLevel, channels: Int) {
    for groups in [1, 2] where channels % groups == 0 {
      let winograd = Winograd(
        tile: 4, kernel: 3, padding: 1, groups: groups, input: (7, 9, groups),
        output: (7, 9, channels), level: level)
      let tiles = winograd.tilesPerImage
      let m = FloatBuffer(someValues(winograd.count(.output, pitch: tiles)))
      let given = FloatBuffer(someValues(channels, seed: 2))
      let (mean, scale) = (
        FloatBuffer(someValues(channels, seed: 3)), FloatBuffer(someValues(channels, seed: 4))
      )
      let added = FloatBuffer(someValues(63 * channels, seed: 5))
      func output(_ finish: OutputFinish) -> FloatBuffer {
        let result = FloatBuffer(count: 63 * channels)
        for first in stride(from: 0, to: channels, by: winograd.outputs) {
          let biases = FloatBuffer(count: winograd.biasCount)
          winograd.spread(given.start + first, into: biases.start)
          winograd.transformOutput(
            m.start, pitch: tiles, biases: biases.start, finish: finish.from(channel: first),
            tiles: 0..<tiles, into: result.start + first)
        }
        return result
      }
      for adds in [false, true] {
        for rectification in [Rectification.none, .positive, .clipped(limit: 0.3)] {
          let finish = OutputFinish(
            mean: mean.start, scale: scale.start, shift: given.start,
            added: adds ? UnsafePointer(added.start) : nil, rectification: rectification)
          let afterwards = output(OutputFinish())
          finish.apply(
            to: afterwards.start, into: afterwards.start, rows: 63, channels: channels)
          #expect(output(finish).values == afterwards.values)
        }
      }
    }
  }

  @Test(arguments: KernelLevel.supported)
  func rectifyingOutputAddsBiasesFirstAndKeepsNaN(level: KernelLevel) {
    let winograd = Winograd(
      tile: 2, kernel: 3, padding: 1, groups: 1, input: (2, 2, 1), output: (2, 2, 3), level: level)
    let m = FloatBuffer(count: winograd.count(.output, pitch: 1))
    let biases = FloatBuffer(count: winograd.biasCount)
    let given = FloatBuffer([-1, 2, .nan])
    winograd.spread(given.start, into: biases.start)
    let output = FloatBuffer(count: 12)
    winograd.transformOutput(
      m.start, pitch: 1, biases: biases.start, finish: OutputFinish(rectification: .positive),
      tiles: 0..<1, into: output.start)
    for place in 0..<4 {
      #expect(output.values[place * 3] == 0)
      #expect(output.values[place * 3 + 1] == 2)
      #expect(output.values[place * 3 + 2].isNaN)
    }
  }

  /// A strided convolution whose parts are channels, and its gradients, through the domain and by the definition.
  @Test(
    arguments: [(3, 16, 4), (4, 48, 4), (7, 32, 4), (5, 32, 5), (6, 32, 6)], KernelLevel.supported)
  func partsMakeAStridedConvolution(
    sizes: (kernel: Int, channels: Int, tile: Int), level: KernelLevel
  ) {
    let (kernel, channels, tile) = sizes
    let tolerance = tile == 4 ? 1e-5 : 2e-5
    let parts = Winograd.Parts(stride: 2, kernel: kernel)
    let side = parts.innerKernel
    let (height, width, filters, padding) = (13, 10, 37, kernel / 2)
    let outHeight = (height + 2 * padding - kernel) / 2 + 1
    let outWidth = (width + 2 * padding - kernel) / 2 + 1
    let winograd = Winograd(
      tile: tile, kernel: side, padding: padding, groups: 1, input: (height, width, channels),
      output: (outHeight, outWidth, filters), parts: parts, level: level)
    let x = someValues(height * width * channels, seed: 1)
    let w = someValues(filters * kernel * kernel * channels, seed: 2)
    let dy = someValues(outHeight * outWidth * filters, seed: 3)
    // Filters with the parts' channels one after the other, and zeros beyond the last tap.
    let depth = parts.count * channels
    let position = { (filter: Int, i: Int, j: Int) in
      (((filter * side + i / 2) * side + j / 2) * parts.count + i % 2 * 2 + j % 2) * channels
    }
    let weights = FloatBuffer(count: filters * side * side * depth)
    for filter in 0..<filters {
      for i in 0..<kernel {
        for j in 0..<kernel {
          for channel in 0..<channels {
            weights.start[position(filter, i, j) + channel] =
              w[((filter * kernel + i) * kernel + j) * channels + channel]
          }
        }
      }
    }
    var y = Array(repeating: 0.0, count: dy.count)
    var dx = Array(repeating: 0.0, count: x.count)
    var dw = Array(repeating: 0.0, count: w.count)
    for row in 0..<outHeight {
      for column in 0..<outWidth {
        for i in 0..<kernel {
          for j in 0..<kernel {
            let (p, q) = (row * 2 - padding + i, column * 2 - padding + j)
            guard 0..<height ~= p, 0..<width ~= q else { continue }
            for filter in 0..<filters {
              let output = (row * outWidth + column) * filters + filter
              for channel in 0..<channels {
                let input = (p * width + q) * channels + channel
                let weight = ((filter * kernel + i) * kernel + j) * channels + channel
                y[output] += Double(x[input]) * Double(w[weight])
                dx[input] += Double(dy[output]) * Double(w[weight])
                dw[weight] += Double(dy[output]) * Double(x[input])
              }
            }
          }
        }
      }
    }

    let tiles = winograd.tilesPerImage
    let all = 0..<tiles
    let (image, gradient) = (FloatBuffer(x), FloatBuffer(dy))
    // Scratch memory has held anything before.
    func domain(_ side: Winograd.Side) -> FloatBuffer {
      FloatBuffer(Array(repeating: .nan, count: winograd.count(side, pitch: tiles)))
    }
    let forward = FloatBuffer(count: winograd.forwardFilterCount)
    let backward = FloatBuffer(count: winograd.backwardFilterCount)
    for run in 0..<winograd.filterRuns {
      winograd.transformFilters(
        weights.start, run: run, forward: forward.start, backward: backward.start)
    }
    let (v, m) = (domain(.input), domain(.output))
    let biases = FloatBuffer(count: winograd.biasCount)
    let output = FloatBuffer(count: dy.count)
    winograd.transformInput(image.start, tiles: all, into: v.start, pitch: tiles)
    winograd.multiply(v.start, filters: forward.start, tiles: all, into: m.start, pitch: tiles)
    winograd.transformOutput(
      m.start, pitch: tiles, biases: biases.start, finish: OutputFinish(), tiles: all,
      into: output.start)
    #expect(relativeError(output.values, y) < tolerance)

    let (dm, dv) = (domain(.output), domain(.input))
    let inputGradient = FloatBuffer(count: x.count)
    winograd.transformOutputGradient(gradient.start, tiles: all, into: dm.start, pitch: tiles)
    winograd.multiplyGradient(
      dm.start, filters: backward.start, tiles: all, into: dv.start, pitch: tiles)
    winograd.addInputGradient(dv.start, pitch: tiles, tiles: all, to: inputGradient.start)
    #expect(relativeError(inputGradient.values, dx) < tolerance)

    let du = FloatBuffer(Array(repeating: .nan, count: winograd.filterGradientCount))
    for point in 0..<winograd.points {
      winograd.multiplyOuter(
        dm.start, v.start, tiles: all, pitch: tiles,
        piece: .init(point: point, filters: 0..<filters), into: du.start,
        accumulating: false)
    }
    let found = FloatBuffer(count: side * side * depth)
    var weightGradient: [Float] = []
    for filter in 0..<filters {
      winograd.filterGradient(du.start, parts: 1, filter: filter, into: found.start)
      for i in 0..<kernel {
        for j in 0..<kernel {
          let first = position(0, i, j)
          weightGradient += found.values[first..<first + channels]
        }
      }
    }
    #expect(relativeError(weightGradient, dw) < tolerance)
  }

  /// Some blocks of channels at a time, and filters that do not fill a register tile; reading ahead changes nothing.
  @Test(arguments: KernelLevel.supported, 1...6)
  func filterGradientsInTheDomainAreSumsOverTiles(level: KernelLevel, blocks: Int) {
    let (filters, tiles) = (21, 9)
    let winograd = Winograd(
      tile: 2, kernel: 3, padding: 1, groups: 1, input: (6, 6, blocks * 16),
      output: (6, 6, filters), level: level)
    let v = FloatBuffer(someValues(winograd.count(.input, pitch: tiles)))
    let dm = FloatBuffer(someValues(winograd.count(.output, pitch: tiles), seed: 2))
    let du = FloatBuffer(count: winograd.filterGradientCount)
    let piece = { Winograd.GradientPiece(point: $0, filters: 0..<filters) }
    for point in 0..<winograd.points {
      winograd.multiplyOuter(
        dm.start, v.start, tiles: 0..<tiles, pitch: tiles, piece: piece(point), into: du.start,
        accumulating: false,
        next: winograd.ahead(dm.start, v.start, pitch: tiles, piece: piece((point + 1) % 16)))
    }
    // Points are an odd number of cache lines apart.
    func lines(_ blocks: Int) -> Int { (blocks * tiles | 1) * 16 }
    let sums = (0..<16).flatMap { point in
      (0..<filters * blocks * 16).map { index in
        let (filter, channel) = index.quotientAndRemainder(dividingBy: blocks * 16)
        return (0..<tiles).reduce(0.0) { sum, tile in
          let left = point * lines(2) + (filter / 16 * tiles + tile) * 16 + filter % 16
          let right = point * lines(blocks) + (channel / 16 * tiles + tile) * 16 + channel % 16
          return sum + Double(dm.start[left]) * Double(v.start[right])
        }
      }
    }
    let stride = winograd.filterGradientCount / 16
    let found = (0..<16).flatMap { point in
      (0..<filters * blocks * 16).map { du.start[point * stride + $0] }
    }
    #expect(relativeError(found, sums) < 1e-6)
  }

  @Test func thereAreNoMatricesForOtherShapes() {
    #expect(Winograd.isServed(tile: 4, kernel: 3))
    #expect(Winograd.isServed(tile: 4, kernel: 2))
    #expect(!Winograd.isServed(tile: 7, kernel: 2))
    #expect(!Winograd.isServed(tile: 4, kernel: 7))
    #expect(!Winograd.isServed(tile: 3, kernel: 3))
  }
}

@Suite struct KernelLevelTests {
  @Test func plainLevelIsAlwaysThereAndTheFastestIsTheDefault() {
    #expect(KernelLevel.plain.isSupported)
    #expect(KernelLevel.supported.first == .plain)
    #expect(KernelLevel.supported.contains(.current))
  }
}
