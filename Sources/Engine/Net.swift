import Basics
import Definitions
import Kernels

/// Layers in order, with the memory for a batch: a network on this machine's CPU.
///
/// All buffers are allocated when the net is set up. A step only allocates the 32 bytes, some fifty times, with which
/// a loop is passed to the threads. Results do not depend on the number of threads. A net belongs to one stage and is
/// not shared; several nets can run in parallel.
package final class Net {
  package let network: NetworkDefinition
  package let maximumBatch: Int
  let pool: ThreadPool
  /// The memory that OpenBLAS needs for the pool's threads, if the process's memory is limited.
  private let buffers: BLAS.Buffers?
  let plan: NetPlan
  let solver: SolverDefinition?
  /// Each image's loss and whether it was classified correctly, written by the tasks that compute them.
  let losses: AlignedBuffer<Double>
  let hits: AlignedBuffer<UInt8>
  /// Seconds spent in each segment, if measured.
  var clock: SegmentClock?

  /// - Parameters:
  ///   - network: with `dense: classes` resolved.
  ///   - operations: the range of the network's operations (counted over all layers) that the net contains; all by
  ///     default. Its inputs are the activations before the first of them. Two nets in sequence produce the same bits
  ///     as a net of all operations.
  ///   - level: the instruction set of convolutions and dense layers.
  ///   - separatesLayers: runs layer by layer over the whole batch, for measurement.
  /// - Throws: `DiagnosticError` if the shapes of the network do not match, or a memory limit is too low.
  package init(
    _ network: NetworkDefinition, for purpose: NetworkPurpose, maximumBatch: Int, threads: Int,
    operations: Range<Int>? = nil, level: KernelLevel = .current, separatesLayers: Bool = false
  ) throws {
    precondition(maximumBatch > 0, "a batch has an image")
    self.network = network
    self.maximumBatch = maximumBatch
    if case .training(_, let solver, _) = purpose { self.solver = solver } else { solver = nil }
    // Before anything large is allocated: OpenBLAS waits forever if an allocation fails.
    buffers =
      AddressSpace.isLimited
      ? try BLAS.Buffers(of: BLAS.required(), threads: threads) {
        try AddressSpace.require($0, for: "multiplying on \(threads) threads")
      } : nil
    plan = try NetPlan(
      network, purpose: purpose, maximumBatch: maximumBatch, threads: threads,
      operations: operations, separatesLayers: separatesLayers, level: level)
    pool = ThreadPool(threads: threads, processors: ProcessLimits.current.processors)
    losses = AlignedBuffer(count: maximumBatch)
    hits = AlignedBuffer(count: maximumBatch)
  }

  /// The size of one image, in floats.
  package var imageCount: Int { plan.input.shape.count }
  /// One image's shape after the last operation.
  package var outputShape: Shape { plan.output.shape }
}

// MARK: - Running

extension Net: TrainableNetwork {
  package var threads: Int { pool.threads }

  package func step(
    images: [Float], targets: BatchTargets, rate: Double, iteration: Int
  ) -> StepResult {
    let labels = targets.labels
    guard let solver else { preconditionFailure("the net was set up for inference") }
    precondition(images.count == labels.count * imageCount, "an image for each label")
    let total = labels.count
    guard total > 0 else { return StepResult(loss: 0, correct: 0) }
    let step = SolverStep(rule: solver.rule, rate: rate, decay: solver.decay)
    var loss = 0.0
    var correct = 0
    for first in stride(from: 0, to: total, by: solver.part ?? total) {
      let part = first..<min(first + (solver.part ?? total), total)
      let pass = Pass(
        mode: .training, images: part.count, first: first, iteration: iteration, step: step)
      take(images, part)
      forward(pass)
      score(part.count == total ? targets : targets.part(part), pass, of: total)
      if plan.output.hasGradient { backward(pass) }
      for image in 0..<part.count {
        loss += losses.start[image]
        correct += Int(hits.start[image])
      }
    }
    if solver.memory.holdsGradient { moveByGatheredGradients(step, iteration: iteration) }
    return StepResult(loss: loss / Double(total), correct: correct)
  }

  /// The end of a step whose gradients were gathered.
  private func moveByGatheredGradients(_ step: SolverStep, iteration: Int) {
    let learning = plan.parameters.filter(\.learns)
    var factor = 1.0
    if let limit = solver?.clip {
      let squares = learning.reduce(0) { $0 + $1.gradientSumOfSquares(on: pool) }
      factor = GatheredGradient.factor(clipping: squares.squareRoot(), to: limit)
    }
    for parameter in learning {
      parameter.moveByGatheredGradient(
        scaledBy: factor, pull: solver?.decayTowardSource ?? 0, step, iteration: iteration,
        on: pool)
    }
  }

  package func measureStatistics(images: [Float], batch: Int, iteration: Int) {
    precondition(images.count % imageCount == 0, "whole images")
    let total = images.count / imageCount
    let size = solver?.part ?? maximumBatch
    let parts = solver?.part.map { ((solver?.batch ?? $0) + $0 - 1) / $0 } ?? 1
    for (index, first) in stride(from: 0, to: total, by: size).enumerated() {
      let part = first..<min(first + size, total)
      let number = batch * parts + index
      var pass = Pass(mode: .training, images: part.count, first: first, iteration: iteration)
      pass.statisticsShare = 1 / Double(number + 1)
      take(images, part)
      forward(pass)
    }
  }

  package func outputs(of images: [Float]) -> [Float] {
    precondition(images.count % imageCount == 0, "whole images")
    let pass = Pass(mode: .evaluation, images: images.count / imageCount)
    guard pass.images > 0 else { return [] }
    take(images, 0..<pass.images)
    forward(pass)
    let count = pass.images * plan.output.shape.count
    return Array(UnsafeBufferPointer(start: plan.output.batchValues, count: count))
  }

  package func activations(of images: [Float]) -> [[Float]] {
    _ = outputs(of: images)
    let count = images.count / imageCount
    return plan.observed.map { blob in
      guard count > 0 else { return [] }
      return Array(UnsafeBufferPointer(start: blob.batchValues, count: count * blob.shape.count))
    }
  }

  package func evaluate(images: [Float], labels: [Int32]) -> BatchEvaluation {
    precondition(images.count == labels.count * imageCount, "an image for each label")
    let scores = outputs(of: images)
    score(
      BatchTargets(labels: labels), Pass(mode: .evaluation, images: labels.count),
      of: labels.count)
    return BatchEvaluation(
      scores: scores, losses: labels.indices.map { losses.start[$0] }, labels: labels)
  }

  private func take(_ images: [Float], _ range: Range<Int>) {
    precondition(range.count <= maximumBatch, "more images than the maximum batch")
    let count = imageCount
    let target = plan.input.batchValues
    images.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress.map({ $0 + range.lowerBound * count }) else { return }
      pool.run(range.count) { image, _ in
        (target + image * count).update(from: base + image * count, count: count)
      }
    }
  }

  private func forward(_ pass: Pass) {
    for (index, segment) in plan.segments.enumerated() {
      let start = clock?.now
      segment.forward(in: pass, on: pool)
      if let start { clock?.addForward(index, since: start) }
    }
  }

  private func backward(_ pass: Pass) {
    for (index, segment) in plan.segments.enumerated().reversed() where segment.hasBackward {
      let start = clock?.now
      segment.backward(in: pass, on: pool)
      if let start { clock?.addBackward(index, since: start) }
    }
  }

  /// Softmax cross-entropy; in training also the gradient of its mean.
  ///
  /// - Parameter total: the number of images in the whole batch.
  private func score(_ targets: BatchTargets, _ pass: Pass, of total: Int) {
    let labels = targets.labels
    let others = targets.others
    let shares = targets.shares
    let classes = plan.output.shape.count
    precondition(
      labels.allSatisfy { 0..<classes ~= Int($0) } && others.allSatisfy { 0..<classes ~= Int($0) },
      "labels are classes")
    let scores = plan.output.batchValues
    let gradients =
      pass.mode == .training && plan.output.hasGradient ? plan.output.batchGradient : nil
    let factor = 1 / Double(total)
    let smoothing = pass.mode == .training ? solver?.labelSmoothing ?? 0 : 0
    labels.withUnsafeBufferPointer { labels in
      pool.run(pass.images) { image, _ in
        let outcome = Softmax.crossEntropy(
          scores + image * classes, count: classes, label: Int(labels[image]),
          other: others.isEmpty ? 0 : Int(others[image]),
          share: shares.isEmpty ? 1 : Double(shares[image]), smoothing: smoothing,
          gradient: gradients.map { $0 + image * classes }, factor: factor)
        losses.start[image] = outcome.loss
        hits.start[image] = outcome.isCorrect ? 1 : 0
      }
    }
  }
}

// MARK: - Weights

extension Net {
  package func load(_ weights: Weights) throws {
    for parameter in plan.parameters {
      let values = try weights.values(for: parameter.definition)
      parameter.load(values)
    }
  }

  package func weights() -> Weights {
    Weights(
      plan.parameters.map { parameter in
        Tensor(
          name: parameter.definition.name, shape: parameter.definition.shape,
          values: parameter.layout.read(
            parameter.values.start, count: parameter.definition.count))
      })
  }

  package func holdSource() { for parameter in plan.parameters { parameter.holdSource() } }

  package var stateBuffers: [String] { solver?.rule.buffers ?? [] }

  package func state(_ buffer: String) -> Weights {
    Weights(
      memory(of: buffer).map { parameter, memory in
        Tensor(
          name: parameter.definition.name, shape: parameter.definition.shape,
          values: parameter.layout.read(memory, count: parameter.definition.count))
      })
  }

  package func load(_ values: Weights, asState buffer: String) throws {
    for (parameter, memory) in memory(of: buffer) {
      parameter.layout.load(try values.values(for: parameter.definition), into: memory)
    }
  }

  /// The memory of a buffer for each learning parameter.
  private func memory(of buffer: String) -> [(Parameter, Floats)] {
    guard let position = stateBuffers.firstIndex(of: buffer) else {
      preconditionFailure("the update rule has no buffer '\(buffer)'")
    }
    return plan.parameters.filter(\.learns).map { ($0, $0.state[position].start) }
  }
}
