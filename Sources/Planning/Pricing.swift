import Definitions

/// Estimates the costs of a plan's stages.
package struct Pricing {
  private let speeds: (any SpeedBook)?
  /// Costs by network: few networks serve many stages.
  private var known: [NetworkPrice] = []

  /// - Parameter speeds: `nil` if times are not needed.
  init(speeds: (any SpeedBook)?) { self.speeds = speeds }

  /// The images per second at which such a dataset was packed; `nil` if none was.
  func packingSpeed(_ work: PrepareWork) throws -> Double? { try speeds?.packingSpeed(of: work) }

  /// The cost of using a network.
  ///
  /// - Parameters:
  ///   - all: the number of distinct images, which may be less than a batch.
  ///   - images: the number of images processed, counting repetitions.
  /// - Throws: `DiagnosticError` if measured speeds cannot be read.
  package mutating func cost(
    of use: NetworkUse, among all: Int?, images: Int?
  ) throws -> StageCost {
    let network = use.network
    let question = SpeedQuestion(
      states: use.states, batch: use.batch, precision: use.precision)
    let batch = min(use.batch, all ?? .max)
    let index: Int
    // Networks for other numbers of classes differ in the last layer alone: it is looked at first.
    let last = network.layers.last
    if let found = known.lastIndex(where: {
      $0.network.layers.last == last && $0.network == network
    }) {
      index = found
    } else {
      index = known.count
      known.append(NetworkPrice(of: network, speeds: try speeds?.speeds(of: network) ?? []))
    }
    let work = known[index].price(of: question, learning: use.learning, batch: batch)
    var cost = StageCost(
      parameters: known[index].parameters, flopsPerImage: known[index].forward, images: images,
      flops: images.map { Double($0) * Double(work.flops) }, memory: work.memory,
      disk: question.states.isEmpty
        ? nil : known[index].weightBytes + known[index].smallBytes + work.stateBytes)
    if let images, let speed = work.speed, speed.imagesPerSecond > 0 {
      cost.seconds = Double(images) / speed.imagesPerSecond
      cost.threads = speed.threads
    }
    return cost
  }
}

/// The cost of a network, with each kind of work computed once.
private final class NetworkPrice {
  let network: NetworkDefinition
  let parameters: Int
  let forward: Int
  let weightBytes: Int
  let smallBytes: Int
  let speeds: [MeasuredSpeed]
  private var works: [Work: WorkPrice] = [:]

  private struct Work: Hashable {
    var question: SpeedQuestion
    var learning: LearningMemory?
    var batch: Int
  }

  struct WorkPrice {
    /// For one image.
    var flops: Int
    var memory: Int
    var stateBytes: Int
    var speed: ExpectedSpeed?
  }

  init(of network: NetworkDefinition, speeds: [MeasuredSpeed]) {
    self.network = network
    self.speeds = speeds
    do throws(ShapeMismatch) {
      let costs = try network.costs()
      parameters = costs.reduce(0) { $0 + $1.parameters }
      forward = costs.reduce(0) { $0 + $1.flops }
      weightBytes = try network.weightBytes()
      smallBytes = SmallFiles.network(network, tensors: try network.parameters().count)
    } catch {
      preconditionFailure("a planned network fits together: \(error.message)")
    }
  }

  func price(
    of question: SpeedQuestion, learning: LearningMemory?, batch: Int
  ) -> WorkPrice {
    let work = Work(question: question, learning: learning, batch: batch)
    if let known = works[work] { return known }
    do throws(ShapeMismatch) {
      let price = WorkPrice(
        flops: flops(question.states),
        memory: try network.memory(question.states, learning: learning, batch: batch),
        stateBytes: try network.stateBytes(question.states, learning: learning),
        speed: speeds.speed(for: question, flops: flops))
      works[work] = price
      return price
    } catch {
      preconditionFailure("a planned network fits together: \(error.message)")
    }
  }

  private func flops(_ states: [LayerState]) -> Int {
    guard states.count == network.layers.count else { return forward }
    do throws(ShapeMismatch) { return try network.trainingFlops(states) } catch {
      preconditionFailure("a planned network fits together: \(error.message)")
    }
  }
}
