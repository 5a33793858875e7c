// The cost of training a network, per image of a step.

extension NetworkDefinition {
  /// Multiplications and additions of a training step for one image, where some layers are frozen: each
  /// operation forward; for a learning layer's once more for the gradient of its weights; and above a learning
  /// operation once more for the gradient of the input.
  ///
  /// - Throws: `ShapeMismatch` where the network does not fit together.
  package func trainingFlops(_ states: [LayerState]) throws(ShapeMismatch) -> Int {
    precondition(states.count == layers.count, "a state for each layer")
    let graph = try NetworkGraph(self)
    // Values whose gradient is wanted, since something below learns.
    var wanted = [Bool](repeating: false, count: graph.values.count)
    var flops = 0
    for step in graph.steps {
      let forward = graph.flops(of: step)
      let propagates = step.inputs.contains { wanted[$0] }
      let learns = states[step.layer] == .learning && step.name != nil
      flops += forward * (1 + (propagates ? 1 : 0) + (learns ? 1 : 0))
      wanted[step.output] = propagates || learns
    }
    return flops
  }

  /// An estimate of the bytes that training takes with some layers frozen: parameters, twice while they are loaded or
  /// saved, the state of the update rule for learning ones, and per image of a batch its pixels (three times: a
  /// batch is prepared while another is trained on), the values that the backward pass needs (what weighted operations and
  /// batch norms read, and what layers give), and twice the largest of all values, for gradients and for what is needed
  /// for a moment only. What operations need while they run is shared by all.
  ///
  /// For resnet18, resnet50, mobilenet-v2 and caffenet (pipelines/networks) up to three tenths above what was measured.
  ///
  /// - Parameters:
  ///   - states: empty for inference.
  ///   - learning: the solver's (`SolverDefinition.memory`); `nil` for inference.
  ///   - batch: images at once.
  /// - Throws: `ShapeMismatch` where the network does not fit together.
  package func memory(
    _ states: [LayerState], learning memory: LearningMemory?, batch: Int
  ) throws(ShapeMismatch) -> Int {
    var learning: Set<String> = []
    for (layer, state) in zip(layers, states) where state == .learning {
      learning.insert(layer.name)
    }
    var floats = 0
    for parameter in try parameters() {
      let moves = parameter.role != .statistic && learning.contains(parameter.layer)
      floats += parameter.count * (2 + (moves ? memory?.floats ?? 0 : 0))
    }
    let graph = try NetworkGraph(self)
    var shared = 0
    // Values for the whole batch, those of them that a backward pass needs, and those whose gradient is wanted.
    var whole: Set<Int> = []
    var kept: Set<Int> = []
    var wanted = [Bool](repeating: false, count: graph.values.count)
    var again: Set<Int> = []
    for step in graph.steps {
      let last = graph.boundaries[step.layer].last ?? 0
      let isLearning = learning.contains(layers[step.layer].name)
      let own = step.settings.memory(from: graph.input(of: step), to: graph.output(of: step))
      let propagates = step.inputs.contains { wanted[$0] }
      wanted[step.output] = isLearning || propagates
      whole.insert(last)
      var read: [Int] = []
      if own.keepsInput || step.settings.isWeighted && step.inputs.count == 1 {
        read.append(step.inputs[0])
      }
      if own.keepsInput, graph.isPooled(step.output) {
        read.append(step.output)
      }
      whole.formUnion(read)
      if isLearning || propagates {
        kept.formUnion(read)
        if step.settings is BatchNorm { again.formUnion(graph.givenToConvolution(by: step)) }
      }
      if wanted[last] { kept.insert(last) }
      shared = max(
        shared,
        own.working
          + (isLearning ? own.transformed + min(batch, 16) * own.gradientSums : 0))
    }
    whole.subtract(again)
    kept.subtract(again)
    // The pixels are the network's input, and twice more on their way to it.
    let largest = whole.reduce(0) { $1 == 0 ? $0 : max($0, graph.values[$1].count) }
    let perImage =
      kept.reduce(3 * input.count) { $1 == 0 ? $0 : $0 + graph.values[$1].count } + 2 * largest
    return (floats + shared + batch * perImage) * MemoryLayout<Float>.size
  }

  /// The size of all parameters, including running statistics, in bytes: the weights on disk.
  ///
  /// - Throws: `ShapeMismatch` if the shapes of the network do not match.
  package func weightBytes() throws(ShapeMismatch) -> Int {
    try parameters().reduce(0) { $0 + $1.count } * MemoryLayout<Float>.size
  }

  /// The size of the update rule's state for the parameters that learn, in bytes, which is stored with the weights.
  ///
  /// - Parameter states: one for each layer.
  /// - Throws: `ShapeMismatch` if the shapes of the network do not match.
  package func stateBytes(
    _ states: [LayerState], learning memory: LearningMemory?
  ) throws(ShapeMismatch) -> Int {
    let learning = Set(zip(layers, states).filter { $1 == .learning }.map(\.0.name))
    let values = try parameters().reduce(0) { sum, parameter in
      let learns =
        learning.contains(parameter.layer) && parameter.role != .statistic && parameter.rate != 0
      return sum + (learns ? parameter.count : 0)
    }
    return values * (memory?.state ?? 0) * MemoryLayout<Float>.size
  }
}

extension NetworkGraph {
  /// What a batch norm and the rectifier above it give to a convolution, if nothing else reads it: the backward pass computes it
  /// again.
  fileprivate func givenToConvolution(by norm: Step) -> [Int] {
    var given = [norm.output]
    while true {
      let readers = steps.filter { $0.inputs.contains(given[given.count - 1]) }
      guard readers.count == 1, let reader = readers.first else { return [] }
      if reader.settings is Convolution { return given }
      guard reader.settings is Rectifier || reader.settings is Rectifier6 else { return [] }
      given.append(reader.output)
    }
  }

  /// Whether a value, or what takes its place in memory (a rectifier's output), is made smaller by what reads it, and so is
  /// needed beside what the layer gives.
  fileprivate func isPooled(_ value: Int) -> Bool {
    steps.contains { step in
      // What another batch norm or a weighted operation reads is kept for them.
      guard step.inputs == [value], !step.settings.isWeighted, !(step.settings is BatchNorm) else {
        return false
      }
      return output(of: step) != values[value] || isPooled(step.output)
    }
  }
}

extension SolverDefinition {
  /// The number of steps per pass over this number of images; the last batch is the remainder.
  package func iterationsPerEpoch(images: Int) -> Int {
    images / batch + (images % batch == 0 ? 0 : 1)
  }

  /// The number of images that training processes, counting repetitions.
  ///
  /// - Parameter done: completed steps.
  package func images(of count: Int, after done: Int = 0) -> Int {
    guard count > 0 else { return 0 }
    let perEpoch = iterationsPerEpoch(images: count)
    func images(_ iterations: Int) -> Int {
      let (epochs, rest) = iterations.quotientAndRemainder(dividingBy: perEpoch)
      return epochs * count + rest * batch
    }
    return max(0, images(length.iterations(perEpoch: perEpoch)) - images(done))
  }
}
