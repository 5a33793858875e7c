import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

/// Records may come from anywhere: whatever text they contain, no command hands it to a terminal as it is.
@Suite(.enabled(if: (try? Program.execute(["sh", "-c", "command -v script"])) == 0))
struct ForeignTextTests {
  private static let pipeline = """
    cambium: 1
    name: foreign
    datasets: {shapes: {source: builtin:shapes, examples: {train: 2, test: 2}}}
    networks: {net: {input: [3, 32, 32], layers: {fc: [dense: classes]}}}
    solvers: {sgd: {batch: 16, epochs: 2, rate: 0.001}}
    stages:
      base: {train: {network: net, on: shapes, solver: sgd}}
      test: {evaluate: {network: base}}
    """

  /// Clears the screen, and turns the line around.
  private static let text = "\u{1b}[2J\u{202e}\u{7}"

  /// What a program prints to a terminal.
  private func terminalOutput(_ arguments: String, in folder: FilePath) throws -> String {
    let outcome = try Program.start(
      arguments.split(separator: " ").map(String.init), in: folder,
      script: "exec script -qec \"$0 $*\" /dev/null", environment: ["NO_COLOR": "1"]
    ).outcome()
    #expect(!outcome.output.isEmpty, "\(arguments): \(outcome)")
    return outcome.output
  }

  /// Of a kind that nobody knows, or of a known one.
  @Test(arguments: [true, false])
  func noCommandPrintsControlCharactersOfRecordsToATerminal(isOfKnownKind: Bool) throws {
    try withTemporaryFolder { folder in
      let files = LocalFileSystem()
      try files.write(Self.pipeline, to: folder.appending("foreign.yaml"))
      let run = try Program.run("run", "foreign.yaml", "--store", "store", in: folder)
      try #require(run.status == 0, "\(run)")
      let store = Store(at: folder.appending("store"))
      for var record in try store.records() {
        record.stage += Self.text
        record.pipeline += Self.text
        if !isOfKnownKind { record.kind += Self.text }
        record.metrics = record.metrics.withText(Self.text)
        record.provenance = record.provenance.withText(Self.text)
        let path = store.recordPath(record.fingerprint)
        try files.remove(path)
        try files.write(record.json(), to: path)
      }
      for command in [
        "show foreign.yaml base", "show foreign.yaml base --settings",
        "show foreign.yaml base --json",
        "show foreign.yaml test", "plan foreign.yaml", "status foreign.yaml",
        "why foreign.yaml base",
        "compare --csv", "compare --json", "compare --long", "compare",
        "compare foreign.yaml --csv",
        "export metrics foreign.yaml", "export metrics foreign.yaml --format json-lines",
        "store verify", "store du", "store gc --older-than 0m --grace 0m",
        "store remove foreign.yaml base", "report foreign.yaml", "logs foreign.yaml base",
      ] {
        let output = try terminalOutput(command + " --store store", in: folder)
        let raw = output.unicodeScalars.filter { ["\u{1b}", "\u{202e}", "\u{7}"].contains($0) }
        #expect(raw.isEmpty, "\(command): \(output.debugDescription)")
      }
      guard isOfKnownKind else { return }
      // Other programs get what there is.
      let csv = try Program.run("compare", "--csv", "--store", "store", in: folder)
      #expect(csv.output.contains(Self.text), "\(csv)")
    }
  }
}

extension Value {
  /// The same with a text at the end of every text.
  fileprivate func withText(_ text: String) -> Value {
    switch self {
    case .string(let own): .string(own + text)
    case .list(let values): .list(values.map { $0.withText(text) })
    case .map(let values): .map(values.mapValues { $0.withText(text) })
    default: self
    }
  }
}
