import Definitions

/// Prices the stages of a plan.
struct Pricing {
  private let speeds: (any SpeedBook)?
  /// Few networks serve many stages.
  private var known: [NetworkPrice] = []

  /// - Parameter speeds: `nil` where times are not asked for.
  init(speeds: (any SpeedBook)?) { self.speeds = speeds }

  /// - Throws: `DiagnosticError` where measured speeds cannot be read.
  mutating func cost(of stage: PlannedStage) throws -> StageCost {
    switch stage.work {
    case .prepare(let work):
      return StageCost(disk: stage.images.flatMap { work.dataset.packedBytes(images: $0) })
    case .train(let work):
      return try cost(
        of: work.network,
        SpeedQuestion(states: work.layers.map(\.verb.state), batch: work.solver.batch),
        rule: work.solver.rule,
        batch: min(work.solver.batch, stage.images ?? .max),
        images: stage.images.map {
          work.solver.images(of: $0, after: stage.continuation?.iteration ?? 0)
        })
    case .evaluate(let work):
      return try cost(
        of: work.network, SpeedQuestion(states: [], batch: EvaluateWork.batch), rule: nil,
        batch: min(EvaluateWork.batch, stage.images ?? .max), images: stage.images)
    case .report:
      return StageCost()
    }
  }

  /// - Parameters:
  ///   - rule: what moves parameters; `nil` where nothing does.
  ///   - batch: images that the network takes at once, which may be fewer than a batch has room for.
  ///   - images: those that are gone through.
  private mutating func cost(
    of network: NetworkDefinition, _ question: SpeedQuestion, rule: UpdateRule?, batch: Int,
    images: Int?
  ) throws -> StageCost {
    let index: Int
    if let found = known.lastIndex(where: { $0.network == network }) {
      index = found
    } else {
      index = known.count
      known.append(NetworkPrice(of: network, speeds: try speeds?.speeds(of: network) ?? []))
    }
    let work = known[index].price(of: question, rule: rule, batch: batch)
    let price = known[index]
    var cost = StageCost(
      parameters: price.parameters, flopsPerImage: price.forward, images: images,
      flops: images.map { Double($0) * Double(work.flops) }, memory: work.memory,
      disk: question.states.isEmpty ? nil : price.weightBytes + work.stateBytes)
    if let images, let speed = work.imagesPerSecond, speed > 0 {
      cost.seconds = Double(images) / speed
    }
    return cost
  }
}

/// What a network takes, each kind of work computed once.
private struct NetworkPrice {
  let network: NetworkDefinition
  let parameters: Int
  let forward: Int
  let weightBytes: Int
  let speeds: [MeasuredSpeed]
  private var works: [Work: WorkPrice] = [:]

  private struct Work: Hashable {
    var question: SpeedQuestion
    var rule: UpdateRule?
    var batch: Int
  }

  struct WorkPrice {
    /// For one image.
    var flops: Int
    var memory: Int
    var stateBytes: Int
    var imagesPerSecond: Double?
  }

  init(of network: NetworkDefinition, speeds: [MeasuredSpeed]) {
    self.network = network
    self.speeds = speeds
    do throws(ShapeMismatch) {
      let costs = try network.costs()
      parameters = costs.reduce(0) { $0 + $1.parameters }
      forward = costs.reduce(0) { $0 + $1.flops }
      weightBytes = try network.weightBytes()
    } catch {
      preconditionFailure("a planned network fits together: \(error.message)")
    }
  }

  mutating func price(of question: SpeedQuestion, rule: UpdateRule?, batch: Int) -> WorkPrice {
    let work = Work(question: question, rule: rule, batch: batch)
    if let known = works[work] { return known }
    do throws(ShapeMismatch) {
      let price = WorkPrice(
        flops: flops(question.states),
        memory: try network.memory(question.states, rule: rule, batch: batch),
        stateBytes: try network.stateBytes(question.states, rule: rule),
        imagesPerSecond: speeds.imagesPerSecond(for: question, flops: flops))
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

extension DatasetDefinition {
  /// The bytes of so many packed images; `nil` where their size is only known once they are decoded.
  fileprivate func packedBytes(images: Int) -> Int? {
    imageSize.map { images * $0.height * $0.width * channels }
  }
}
