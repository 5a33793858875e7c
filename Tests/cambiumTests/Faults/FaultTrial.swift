import ArtifactStore
import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Ten stages that are done in a tenth of a second, over a folder of images one of which cannot be read.
let quickStages = """
  cambium: 1
  name: ten
  params: {rate: 0.01}
  datasets:
    photos: {source: photos, size: 8, unreadable: skip}
  networks:
    net:
      input: [3, 8, 8]
      layers:
        conv1: [conv: {filters: 4, kernel: 3, stride: 2}, batch-norm, relu]
        fc2: [dense: 8, relu, dropout: 0.5]
        fc3: [dense: classes]
  solvers: {sgd: {batch: 4, epochs: 3, momentum: 0.9, rate: "${rate}"}}
  stages:
    base: {train: {network: net, on: photos, solver: sgd, validate: {every: 1 epochs, subset: test}}}
    "a${n}":
      for: {n: 1..2}
      transfer: {from: base, layers: {"first ${n}": freeze, rest: initialize}, on: photos, solver: sgd}
    "f${n}":
      for: {n: 1..1}
      transfer: {from: base, layers: {"first ${n}": fine-tune, rest: initialize}, on: photos, solver: sgd}
    "test-${net}": {for: {net: [base, a1, a2, f1]}, evaluate: {network: "${net}"}}
    table: {report: {of: ["test-*"]}}
  """

/// A study that runs while the machine fails, and what an undisturbed run makes of it.
struct FaultTrial {
  /// Removed, and made again, for every fault.
  let folder: FilePath
  let faults: MachineFaults
  /// The digests of every stage's files, by the stage's fingerprint.
  let expected: [Fingerprint: [String: Fingerprint]]

  static let run = [
    "run", "ten.yaml", "--store", "store", "--jobs", "2", "--threads", "4", "--checkpoint", "0.001",
  ]

  /// Far longer than a run takes on a busy machine: what has not ended by then hangs.
  private static let patience = 120

  /// - Parameter body: is given the trial in an empty folder of its own.
  static func start(_ body: (FaultTrial) throws -> Void) throws {
    try withTemporaryFolder { parent in
      let folder = parent.appending("study")
      let faults = try MachineFaults.shared.get()
      let trial = FaultTrial(folder: folder, faults: faults, expected: [:])
      try trial.reset()
      let whole = try Program.run(run, in: folder)
      try #require(whole.status == 0, "\(whole)")
      let expected = try trial.outputs()
      try #require(expected.count == 10)
      try body(FaultTrial(folder: folder, faults: faults, expected: expected))
    }
  }

  var store: FilePath { folder.appending("store") }

  /// The digests of all files of finished stages, by the stages' fingerprints.
  func outputs() throws -> [Fingerprint: [String: Fingerprint]] {
    let store = Store(at: store)
    var outputs: [Fingerprint: [String: Fingerprint]] = [:]
    for fingerprint in try store.recordedStages() {
      guard case .found(let record) = try store.record(for: fingerprint) else { continue }
      outputs[fingerprint] = record.outputs.mapValues(\.digest)
    }
    return outputs
  }

  /// Makes the folder again, with the pipeline and its images and no store.
  func reset() throws {
    let files = LocalFileSystem()
    try files.remove(folder)
    for (index, name) in ["cat", "dog", "fox"].enumerated() {
      for subset in ["train", "test"] {
        let images = folder.appending("photos").appending(subset).appending(name)
        try files.makeFolder(images)
        for number in 0..<3 {
          let color = [UInt8(40 + 60 * index), UInt8(200 - 20 * number), UInt8(10 * number)]
          try files.append(TinyPNG.image(color: color), to: images.appending("\(number).png"))
        }
      }
    }
    try files.append(
      Array("no image".utf8), to: folder.appending("photos/train/cat/0-broken.png"))
    try files.append(Array(quickStages.utf8), to: folder.appending("ten.yaml"))
  }

  /// Runs the program; a test fails where a signal ends it, or nothing does.
  @discardableResult
  func run(
    _ arguments: [String] = FaultTrial.run, environment: [String: String] = [:],
    limits: String? = nil, during what: String
  ) throws -> Program.Outcome {
    let program = try Program.start(
      arguments, in: folder, environment: environment, limits: limits)
    guard program.ends(within: FaultTrial.patience * 1_000_000) else {
      kill(program.id, SIGKILL)
      let outcome = try program.outcome()
      Issue.record("\(what): the program hangs: \(outcome)")
      return outcome
    }
    let outcome = try program.outcome()
    if outcome.wasEndedBySignal || !(0...2).contains(outcome.status) {
      Issue.record("\(what): signal or status \(outcome.status): \(outcome.errors.suffix(600))")
    }
    return outcome
  }

  /// Runs the study on a machine that is well again: it must come to its end with the right bits, and leave
  /// a store in which all is well and nothing is left of runs that ended.
  func expectRecovery(
    _ arguments: [String] = FaultTrial.run, from what: String
  ) throws {
    let outcome = try run(arguments, during: "recovery from \(what)")
    guard outcome.status == 0 else {
      Issue.record("no recovery from \(what): \(outcome.errors)")
      return
    }
    let outputs = try outputs()
    let isRight = expected.allSatisfy { outputs[$0.key] == $0.value }
    if !isRight { Issue.record("after \(what): other results") }
    let findings = try Store(at: store).audit(isRepairing: false).findings
    if !findings.isEmpty { Issue.record("after \(what): \(findings)") }
    let remains = try StoreInspection(store).remains()
    if !remains.isEmpty { Issue.record("after \(what): leftovers \(remains)") }
  }
}
