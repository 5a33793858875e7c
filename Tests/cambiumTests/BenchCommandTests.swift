import Basics
import SystemPackage
import TestSupport
import Testing

private let networks = """
  cambium: 1
  networks:
    small: {input: [3, 16, 16], layers: {conv1: [conv: {filters: 8, kernel: 3}, relu], fc2: [dense: classes]}}
    other: {input: [3, 16, 16], layers: {fc1: [dense: classes]}}
  """

@Suite struct BenchCommandTests {
  private func bench(
    _ arguments: String..., text: String = networks, more: [String] = []
  ) throws -> Program.Outcome {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(text, to: folder.appending("networks.yaml"))
      return try Program.run(["bench", "networks.yaml"] + arguments + more, in: folder)
    }
  }

  @Test func printsTheNamedNetworksFigures() throws {
    let outcome = try bench(
      "small", "--batch", "4", "--classes", "5", "--threads", "2", "--repetitions", "2", "--layers")
    #expect(outcome.status == 0, "\(outcome.errors)")
    // 8 filters of 27 weights, 8 biases; 5 units of 8·14·14 inputs, 5 biases.
    #expect(outcome.output.contains("small: batch 4, 2 threads, 8,069 parameters"))
    for line in ["training step", "inference", "conv1 conv", "conv1 relu", "fc2 dense"] {
      #expect(outcome.output.contains("\n\(line) "))
    }
    #expect(outcome.output.contains("outside convolution and dense layers: "))
  }

  @Test func operationsOfOneLayerAreToldApart() throws {
    let text = """
      cambium: 1
      networks:
        block:
          input: [3, 8, 8]
          layers:
            conv1: [sum: [[conv: {filters: 8, kernel: 3, padding: 1, name: .main}], [conv: {filters: 8, kernel: 1}]], relu]
            fc2: [dense: classes]
      """
    let arguments = ["--batch", "2", "--classes", "5", "--repetitions", "1", "--layers"]
    let outcome = try bench("block", text: text, more: arguments)
    for line in ["conv1.main conv", "conv1.conv2 conv", "conv1 relu", "fc2 dense"] {
      #expect(outcome.output.contains("\n\(line) "), "\(outcome)")
    }
    let json = try bench("block", text: text, more: arguments + ["--json"]).output
    let rows = try #require(try Value(json: json)["layers"]?.asList)
    #expect(rows.map { $0["name"] } == ["conv1.main", "conv1.conv2", nil, nil, "fc2"])
  }

  @Test func aSuppliedNetworkIsKnownByName() throws {
    try withTemporaryFolder { folder in
      let outcome = try Program.run(
        "bench", "small32", "--batch", "2", "--repetitions", "1", in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.hasPrefix("small32: batch 2,"))
    }
  }

  @Test func figuresAreThereAsJSON() throws {
    let outcome = try bench("other", "--batch", "3", "--repetitions", "2", "--json")
    let value = try Value(json: outcome.output)
    #expect(value["format"] == .integer(1))
    #expect(value["network"] == .string("other"))
    #expect(value["batch"] == .integer(3))
    for part in ["training", "inference"] {
      guard case .number(let median) = value[part]?["median-ms"] else {
        Issue.record("no median of \(part)")
        continue
      }
      #expect(median > 0)
    }
    // Without --layers none are timed.
    #expect(value["layers"]?.asList?.isEmpty == true)
  }

  @Test func mistakesAreToldWithStatusTwo() throws {
    for (arguments, message) in [
      ([], "has several networks; name one of small, other"),
      (["smal"], "has no network 'smal'; did you mean 'small'?"),
      (["small", "--batch", "0"], "--batch must be 1 to 65536"),
      (["small", "--threads", "0"], "--threads must be 1 to 1024"),
    ] {
      let outcome = try withTemporaryFolder { folder in
        try LocalFileSystem().write(networks, to: folder.appending("networks.yaml"))
        return try Program.run(["bench", "networks.yaml"] + arguments, in: folder)
      }
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
    let nowhere = try withTemporaryFolder { try Program.run("bench", "small33", in: $0) }
    #expect(nowhere.status == 2)
    #expect(nowhere.errors.contains("Cambium has no network of that name"))
    #expect(nowhere.errors.contains("did you mean 'small32'?"))
    let file = try withTemporaryFolder { try Program.run("bench", "small32.yaml", in: $0) }
    #expect(file.status == 2 && file.errors.contains("'small32.yaml'"))
    let empty = try bench(text: "cambium: 1")
    #expect(empty.status == 2 && empty.errors.contains("defines no network"))
  }
}
