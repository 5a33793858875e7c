import Basics
import Foundation
import Glibc
import SystemPackage
import TestSupport

/// A folder with what changed pipelines read, in which they are run.
struct RunFuzzFolder {
  let path: FilePath
  private let files = LocalFileSystem()

  /// What came of a pipeline.
  enum Outcome: Hashable {
    case done
    /// Refused as a whole before anything ran.
    case refused
    /// Stopped on request, since it took long.
    case stopped
    /// A stage failed for a reason that only running it shows.
    case failed
    /// What must not be.
    case complaint(String)
  }

  /// Reasons that neither the file nor the plan decides.
  private static let reasonsOfRunning = [
    "the loss became", "the weights became", "it takes about", "the limit of memory",
    "is larger than the dataset's images", "the network was trained on",
    "the source's mean image is",
    "images have different sizes",
  ]
  /// Seconds until a run is asked to stop, and from then on until that is taken for a hang.
  private static let patience = (run: 3.0, stop: 30.0)
  /// Kilobytes.
  private static let addressSpace = 6_000_000

  init(_ path: FilePath) throws {
    self.path = path
    for (subset, count) in [("train", 3), ("test", 2)] {
      for (name, shade) in [("dark", UInt8(40)), ("light", 160)] {
        let folder = path.appending("data/\(subset)/\(name)")
        try files.makeFolder(folder)
        for number in 0..<count {
          try files.write(
            TinyPNG.image(color: [shade + UInt8(number), 60, 90]),
            to: folder.appending("\(number).png"))
        }
      }
    }
    try files.write("dark\nlight\n", to: path.appending("classes.txt"))
    try files.write(weights("one", "two"), to: path.appending("w.safetensors"))
    try files.write(weights("features.0", "classifier.1"), to: path.appending("v.safetensors"))
  }

  /// A file of weights for the network that reads photos.
  private func weights(_ first: String, _ second: String) -> [UInt8] {
    var header: [String: Value] = [:]
    var values: [Float] = []
    for (name, shape) in [
      ("\(first).weight", [2, 3, 3, 3]), ("\(first).bias", [2]), ("\(second).weight", [2, 2]),
      ("\(second).bias", [2]),
    ] {
      let count = shape.reduce(1, *)
      header[name] = [
        "dtype": "F32", "shape": .list(shape.map(Value.integer)),
        "data_offsets": [.integer(4 * values.count), .integer(4 * (values.count + count))],
      ]
      values += (0..<count).map { 0.01 * Float($0 % 7 - 3) }
    }
    let text = Array(Value.map(header).json().utf8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
      + values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
  }

  /// Forgets all results.
  func removeStore() throws {
    try? FileManager.default.removeItem(atPath: path.appending("store").string)
  }

  /// Runs a pipeline, and stops it where it takes long.
  func run(_ text: String) throws -> Outcome {
    try files.write(text, to: path.appending("fuzz.yaml"))
    let running = try Program.start(
      ["run", "fuzz.yaml", "--store", "store", "--threads", "1", "--keep-going"], in: path,
      script: "ulimit -v \(RunFuzzFolder.addressSpace) && exec \"$0\" \"$@\"")
    var wasStopped = false
    if !wait(for: running, seconds: RunFuzzFolder.patience.run) {
      wasStopped = true
      kill(running.id, SIGINT)
      guard wait(for: running, seconds: RunFuzzFolder.patience.stop) else {
        kill(running.id, SIGKILL)
        _ = try running.outcome()
        return .complaint("it does not stop")
      }
    }
    let outcome = try running.outcome()
    let errors = outcome.errors.suffix(2_000)
    if outcome.wasEndedBySignal { return .complaint("signal \(outcome.status): \(errors)") }
    switch outcome.status {
    case 0: return .done
    case 2: return outcome.errors.contains("error: ") ? .refused : .complaint("refused: \(errors)")
    case 1: return wasStopped ? .stopped : judge(outcome.errors)
    default: return .complaint("status \(outcome.status): \(errors)")
    }
  }

  private func wait(for running: Program.Running, seconds: Double) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while running.isRunning {
      guard Date() < end else { return false }
      usleep(2_000)
    }
    return true
  }

  /// Whether the stages that failed did so for reasons that only running them shows.
  private func judge(_ errors: String) -> Outcome {
    let reasons = errors.split(separator: "\n").filter { $0.contains("error: ") }
    guard !reasons.isEmpty else { return .complaint("failed without a reason: \(errors)") }
    let avoidable = reasons.filter { line in
      !RunFuzzFolder.reasonsOfRunning.contains { line.contains($0) }
    }
    return avoidable.isEmpty ? .failed : .complaint(avoidable.joined(separator: "\n"))
  }
}
