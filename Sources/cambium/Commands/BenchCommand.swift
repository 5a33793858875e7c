import ArgumentParser
import Basics
import Definitions
import Engine
import Glibc
import Kernels
import SystemPackage

/// `cambium bench NETWORK`, `cambium bench FILE [NETWORK]`
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures how fast a network trains and infers on this machine.",
    discussion: """
      Random weights, images and labels, from memory; every layer learns, dropout is on. Times are \
      medians. The environment variable CAMBIUM_KERNELS (avx512, avx2, plain) selects a slower \
      instruction set.
      """)

  @Argument(
    help:
      "A pipeline file that defines the network, or the name of a network supplied with Cambium: small32."
  )
  var source: String

  @Argument(help: "The network's name; not needed if the file has only one network.")
  var network: String?

  @Option(help: "Images per step.")
  var batch = 64

  @Option(help: "Units of a last layer with 'dense: classes'.")
  var classes = 1000

  @Option(help: "Threads; by default one per available processor core.")
  var threads: Int?

  @Option(help: "The numbers whose products training computes: fp32 or bf16.")
  var precision = Precision.single

  @Option(help: "Measured steps.")
  var repetitions = 7

  @Flag(help: "Also times every operation, run alone over the whole batch.")
  var layers = false

  @Flag(help: "Prints the results as JSON.")
  var json = false

  func validate() throws {
    func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
      guard range.contains(value ?? range.lowerBound) else {
        throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try check("batch", batch, 1...65_536)
    try check("classes", classes, 2...1_048_576)
    try check("threads", threads, 1...1024)
    try check("repetitions", repetitions, 1...100_000)
  }

  func run() throws {
    try chooseKernels()
    let (name, definition) = try findNetwork()
    let resolved = definition.resolved(classes: classes)
    let threads = threads ?? ProcessLimits.current.processors
    let blas = try checking { try BLAS.required() }
    let peak = try EngineBenchmark.multiplicationPeak(threads: threads)
    var measured = try EngineBenchmark.measure(
      resolved, precision: precision, batch: batch, threads: threads, repetitions: repetitions)
    if layers {
      measured.layers = try EngineBenchmark.layerTimes(
        resolved, precision: precision, batch: batch, threads: threads, repetitions: repetitions)
    }
    let report = try BenchReport(
      network: name, definition: resolved, measured: measured, blas: blas.configuration, peak: peak)
    print(json ? report.value.json(indented: true) + "\n" : report.text, terminator: "")
  }

  private func chooseKernels() throws {
    guard let name = getenv("CAMBIUM_KERNELS").map({ String(cString: $0) }) else { return }
    let supported = KernelLevel.supported.map(\.rawValue)
    guard let level = KernelLevel(rawValue: name), level.isSupported else {
      throw DiagnosticError(
        "CAMBIUM_KERNELS is '\(name)'; this processor has \(supported.joined(separator: ", "))")
    }
    KernelLevel.choose(level)
  }

  /// The path of the pipeline file: as given, or by the name of a network supplied with Cambium.
  private func findFile() throws -> String {
    let path = FilePath(source)
    guard try !LocalFileSystem().exists(path), path.components.count == 1, path.extension == nil
    else { return source }
    let supplied = try SuppliedNetworks.find()
    guard supplied.names.contains(source) else {
      throw DiagnosticError(
        "there is no file '\(source)', and Cambium has no network of that name",
        notes: Diagnostic.Note.nearest(to: source, among: supplied.names)
          + [.init("networks supplied with Cambium: \(supplied.names.joined(separator: ", "))")])
    }
    return supplied.file(of: source).string
  }

  private func findNetwork() throws -> (String, NetworkDefinition) {
    let file = try findFile()
    let networks = try PipelineOptions.describe(file).networks
    let names = networks.keys.joined(separator: ", ")
    if let network {
      guard let found = networks[network] else {
        let nearest = nearestName(to: network, among: Array(networks.keys))
        throw DiagnosticError(
          "'\(file)' has no network '\(network)'"
            + (nearest.map { "; did you mean '\($0)'?" }
              ?? (names.isEmpty ? "" : "; it has \(names)")))
      }
      return (network, found.content)
    }
    guard networks.count <= 1 else {
      throw DiagnosticError("'\(file)' has several networks; name one of \(names)")
    }
    for (name, found) in networks { return (name, found.content) }
    throw DiagnosticError("'\(file)' defines no network")
  }
}

extension Precision: ExpressibleByArgument {}
