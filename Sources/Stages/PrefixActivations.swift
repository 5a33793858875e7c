import ArtifactStore
import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results
import SystemPackage

/// The activations of a training run's frozen layers: found in the store, or computed and stored.
///
/// Stored activations are verified when a run first uses them; damaged ones are recomputed. Each stage works on its
/// own link, so that others can clean up the store. Computation resumes where an earlier run of the stage was
/// interrupted.
struct PrefixActivations {
  let reuse: PrefixReuse
  private let work: TrainWork
  private let weights: Weights
  private let dataset: PackedDataset
  private let assembler: BatchAssembler
  private let context: StageContext
  private let checked: CheckedActivations
  private let device: any Device
  private let interval: Double
  private let time: any TimeSource
  /// Everything that determines the activations except the images.
  private let identity: Value
  /// Images whose activations were computed, and the time it took.
  private(set) var computed = StageSpeed()
  /// The keys of activations stored by this stage.
  private var made: [Fingerprint] = []
  /// The digests of all activations that the stage reads, by key.
  private(set) var digests: [String: Fingerprint] = [:]

  /// The number of images computed at once.
  private static let batch = 64

  /// - Parameters:
  ///   - weights: must include those of the frozen layers.
  ///   - interval: seconds of work that an interruption may lose.
  init(
    _ reuse: PrefixReuse, _ work: TrainWork, weights: Weights, dataset: PackedDataset,
    mean: MeanImage, assembler: BatchAssembler, checked: CheckedActivations,
    on device: any Device,
    in context: StageContext, interval: Double, time: any TimeSource
  ) throws {
    self.reuse = reuse
    self.work = work
    self.weights = weights
    self.dataset = dataset
    self.assembler = assembler
    self.checked = checked
    self.device = device
    self.context = context
    self.interval = interval
    self.time = time
    let operations = work.network.layers.flatMap(\.operations).prefix(reuse.prefix.operations)
    guard let data = context.artifact(of: work.data).digest(of: .packedImages) else {
      preconditionFailure("a training reads packed images")
    }
    let parameters = try work.network.parameters(of: 0..<reuse.prefix.operations)
    let prefix = NetworkDefinition(
      input: work.network.input,
      layers: [LayerDefinition(name: "prefix", operations: Array(operations))])
    identity = try [
      "format": 1, "engine": device.provenance(), "revision": .integer(prefix.revision),
      "input": work.network.input.value,
      "operations": .list(operations.map(\.value)),
      "parameters": .string(weights.digest(of: parameters.map(\.name))),
      "data": .string(data.hexadecimal), "preprocessing": work.preprocessing.value,
      "mean": .string(mean.values.withUnsafeBytes { digest([$0]) }),
    ]
  }

  /// The inputs of the learning layers for some images.
  ///
  /// - Throws: `Interrupted`; `DiagnosticError` if the activations cannot be stored.
  mutating func source(for examples: Examples) throws -> KeptActivations {
    let images = Array(Set(examples.images)).sorted()
    let key = key(of: images)
    let link = link(to: key)
    if let file = try kept(key, images: images.count, link: link) {
      digests[key.hexadecimal] = file.digest
      return KeptActivations(file, of: images)
    }
    let file = context.unfinished.appending("activations-\(key)")
    try context.fileSystem.makeFolder(context.unfinished)
    try compute(images, into: file)
    // It was hashed while it was written.
    if let status = try context.fileSystem.status(of: file) { checked.insert(key, status) }
    try context.store.keepActivations(file, as: key, budget: reuse.budget)
    made.append(key)
    guard let file = try kept(key, images: images.count, link: link) else {
      throw DiagnosticError("the activations of '\(reuse.prefix.layer)' were removed immediately")
    }
    digests[key.hexadecimal] = file.digest
    return KeptActivations(file, of: images)
  }

  private func link(to key: Fingerprint) -> FilePath {
    context.workspace.appending("activations-\(key.short)")
  }

  /// Frees the space of what this stage has written. On a disk without room for all activations, a part of them would
  /// only take space that the weights need.
  func discard() {
    for key in made {
      for path in [link(to: key), context.store.activationsPath(key)] {
        try? context.fileSystem.remove(path)
      }
    }
    try? context.fileSystem.remove(context.unfinished)
  }

  private func key(of images: [Int]) -> Fingerprint {
    let entries: Value = [
      "identity": identity, "images": .string(images.withUnsafeBytes { digest([$0]) }),
    ]
    return entries.fingerprint
  }

  /// The activations in the store; `nil` if there are none that can be used.
  private func kept(_ key: Fingerprint, images: Int, link: FilePath) throws -> ActivationFile? {
    let path = context.store.activationsPath(key)
    try context.fileSystem.remove(link)
    // If the file system has no links, the file itself is used.
    let isLinked = (try? context.fileSystem.link(path, to: link)) ?? false
    guard let status = try context.fileSystem.status(of: isLinked ? link : path),
      let file = try ActivationFile(
        isLinked ? link : path, images: images, shape: reuse.prefix.output, on: context.fileSystem)
    else { return nil }
    if !checked.contains(key, status) {
      guard try file.isWhole(unless: context.stop) else { return nil }
      checked.insert(key, status)
    }
    return file
  }

  private mutating func compute(_ images: [Int], into path: FilePath) throws {
    let started = time.now
    let net = try device.makeNetwork(
      work.network, for: .inference, maximumBatch: PrefixActivations.batch,
      threads: context.threads, operations: 0..<reuse.prefix.operations)
    try net.load(weights)
    let writer = try ActivationFileWriter(
      path, images: images.count, shape: reuse.prefix.output, interval: interval, time: time,
      on: context.fileSystem, unless: context.stop)
    let known = writer.written
    // An earlier run may have computed any number of images, even all of them.
    let missing = Array(images.dropFirst(known))
    let batches = EvaluationBatches(
      examples: Examples(images: missing, labels: missing.map { _ in 0 }), assembler: assembler,
      batchSize: PrefixActivations.batch)
    var batch = batches.makeBatch()
    for index in 0..<batches.count {
      if context.shouldStop() {
        try writer.keep()
        throw Interrupted()
      }
      try batches.fill(&batch, index: index)
      try writer.append(net.outputs(of: batch.filledImages))
      context.progress(
        StageProgress(
          completed: min(known + (index + 1) * PrefixActivations.batch, images.count),
          total: images.count, unit: "images"))
    }
    try writer.finish()
    computed.images += missing.count
    computed.seconds += time.now - started
  }
}

extension Weights {
  /// The digest of some tensors: names, shapes and bits.
  fileprivate func digest(of names: [String]) throws -> String {
    var hasher = ContentHasher()
    for name in names {
      guard let tensor = self[name] else {
        throw DiagnosticError("the weights have no tensor '\(name)'")
      }
      hasher.update(Array("\(name) \(tensor.shape)\n".utf8))
      tensor.values.withUnsafeBytes { hasher.update($0) }
    }
    return hasher.finalized().hexadecimal
  }
}

private func digest(_ pieces: [UnsafeRawBufferPointer]) -> String {
  var hasher = ContentHasher()
  for piece in pieces { hasher.update(piece) }
  return hasher.finalized().hexadecimal
}
