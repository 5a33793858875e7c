import Basics
import Definitions
import PipelineLanguage
import Planning
import SystemPackage
import Testing

/// Transfers from files of weights.
@Suite struct WeightsFileTests {
  private static let text = sample.replacing(
    "transfer: {from: base-A, layers: {first 1: freeze",
    with: "transfer: {from: net.safetensors, network: net, layers: {first 1: freeze")

  private static let facts = WeightsFacts(
    digest: Fingerprint(of: "trained"),
    shapes: ["conv1.weight": [4, 3, 3, 3], "conv1.bias": [4], "other": [7]])

  private func catalog(_ change: (inout WeightsFacts) -> Void = { _ in }) -> FakeCatalog {
    var facts = Self.facts
    change(&facts)
    return FakeCatalog(weights: ["net.safetensors": facts, "elsewhere/copy.safetensors": facts])
  }

  @Test func theFileIsReadInPlaceOfAStage() throws {
    let plan = try plan(Self.text, catalog: catalog())
    let stage = try #require(plan.stage("A1B"))
    #expect(stage.inputs.map(\.role) == ["data"])
    guard let work = stage.work as? TrainWork else {
      Issue.record("a transfer trains")
      return
    }
    #expect(
      work.weights
        == WeightsFile(path: "net.safetensors", content: Fingerprint(of: "trained")))
    #expect(stage.value["weights"]?["file"] == "net.safetensors")
    guard let report = plan.stages.last?.work as? ReportWork else {
      Issue.record("the last stage reports")
      return
    }
    #expect(report.entries.map(\.treatmentLabel) == ["B", "net.safetensors→B", "AnB+"])
  }

  @Test func thePathIsOutsideTheFingerprint() throws {
    let history = FakeHistory(after: try plan(Self.text, catalog: catalog()))
    let moved = Self.text.replacing(
      "from: net.safetensors", with: "from: {file: elsewhere/copy.safetensors}")
    #expect(try plan(moved, catalog: catalog(), history: history).toRun == ["table"])
    let unreported = Self.text.replacing("[base-B, A1B, A1B+]", with: "[base-B, A1B+]")
    let before = FakeHistory(after: try plan(unreported, catalog: catalog()))
    let after = unreported.replacing(
      "from: net.safetensors", with: "from: {file: elsewhere/copy.safetensors}")
    #expect(try plan(after, catalog: catalog(), history: before).toRun == [])
  }

  /// Runs of networks from different files are distinguished by the files' names, or by their contents if these are equal.
  @Test func reportedRunsAreNamedByTheirFiles() throws {
    func contents(_ paths: [String]) throws -> [VariableValue?] {
      let layers = "layers: {first 1: freeze, rest: initialize}, on: halves.B, solver: sgd"
      let preamble = sample.split(separator: "\n").prefix { $0 != "stages:" }
      let text =
        preamble.joined(separator: "\n") + "\nstages:\n"
        + paths.enumerated().map { index, path in
          """
            t\(index): {transfer: {from: {file: \(path)}, network: net, \(layers)}}
            test\(index): {evaluate: {network: t\(index)}}
          """
        }.joined(separator: "\n") + "\n  r: {report: all}\n"
      let known = paths.map { path in
        (path, WeightsFacts(digest: Fingerprint(of: path), shapes: Self.facts.shapes))
      }
      let plan = try plan(
        text,
        catalog: FakeCatalog(weights: Dictionary(known, uniquingKeysWith: { first, _ in first })))
      guard let work = plan.stages.last?.work as? ReportWork else { return [] }
      return work.entries.map { $0.variables["weights.content"]?.content }
    }
    #expect(
      try contents(["a.safetensors", "b.safetensors"]).map { $0.map { "\($0)" } } == [
        "a.safetensors", "b.safetensors",
      ])
    let digests = ["x/a.safetensors", "y/a.safetensors"].map {
      String(Fingerprint(of: $0).hexadecimal.prefix(12))
    }
    let same = try contents(["x/a.safetensors", "y/a.safetensors"])
    #expect(same.map { $0.map { "\($0)" } } == digests.map { "a.safetensors (\($0))" })
    // Tables and fingerprints have the digests.
    #expect(same.map { $0?.value } == digests.map { .string($0) })
  }

  @Test func anotherContentIsTheReason() throws {
    let history = FakeHistory(after: try plan(Self.text, catalog: catalog()))
    let changed = catalog { $0.digest = Fingerprint(of: "trained longer") }
    let plan = try plan(Self.text, catalog: changed, history: history)
    #expect(plan.toRun == ["A1B", "test-A1B", "table"])
    let reason = plan.stage("A1B")?.status.reason
    #expect(reason == .weightsChanged(file: "net.safetensors"))
    #expect(reason?.description == "weights file net.safetensors changed")
    #expect(reason?.value["why"] == "weights-changed")
  }

  @Test func fromAStageToAFileIsAChangeOfSettings() throws {
    let history = FakeHistory(after: try plan(sample))
    let reason = try plan(Self.text, catalog: catalog(), history: history).stage("A1B")?.status
      .reason
    guard case .settingsChanged(let changes)? = reason else {
      Issue.record("\(String(describing: reason))")
      return
    }
    #expect(changes.map(\.path) == ["weights"])
  }

  @Test func layersMayHaveOtherNamesInTheFile() throws {
    let named = Self.text.replacing(
      "from: net.safetensors", with: "from: {file: net.safetensors, names: {conv1: features.0}}")
    let renamed = catalog {
      $0.shapes = ["features.0.weight": [4, 3, 3, 3], "features.0.bias": [4]]
    }
    let plan = try plan(named, catalog: renamed)
    guard let work = plan.stage("A1B")?.work as? TrainWork else {
      Issue.record("a transfer trains")
      return
    }
    #expect(work.weights?.names == TensorNames(["conv1": "features.0"]))
    let other = named.replacing("features.0", with: "features.1")
    let error = try #require(throws: DiagnosticError.self) {
      try planned(other, renamed)
    }
    #expect(
      error.diagnostics.first?.message.contains("'features.1.weight' is missing there") == true)
    #expect(error.diagnostics.first?.notes.first?.message == "did you mean 'features.0.weight'?")
  }

  private func planned(_ text: String, _ catalog: FakeCatalog) throws -> Plan {
    try plan(text, catalog: catalog)
  }

  private func problem(_ facts: FakeCatalog) throws -> Diagnostic {
    let error = try #require(throws: DiagnosticError.self) {
      try plan(Self.text, catalog: facts)
    }
    #expect(error.diagnostics.count == 1)
    return try #require(error.diagnostics.first)
  }

  @Test func shapesMustAgree() throws {
    let found = try problem(catalog { $0.shapes["conv1.weight"] = [4, 1, 5, 5] })
    #expect(
      found.message
        == "layer 'conv1' cannot be copied from 'net.safetensors': 'conv1.weight' is 4×1×5×5 there "
        + "and 4×3×3×3 on task 'B'")
    #expect(found.span?.source.line(found.span?.start.line ?? 0).contains("layers") == true)
  }

  @Test func aMissingTensorIsNamedWithItsNearest() throws {
    let found = try problem(
      catalog {
        $0.shapes["conv1.weight"] = nil
        $0.shapes["conv_1.weight"] = [4, 3, 3, 3]
      })
    #expect(found.message.contains("'conv1.weight' is missing there"))
    #expect(
      found.notes.map(\.message) == [
        "did you mean 'conv_1.weight'?",
        "if the file uses other names, list them: from: {file: …, names: {conv1: …}}",
      ])
  }

  @Test func numbersThatAreNotReadAreNamed() throws {
    let found = try problem(
      catalog {
        $0.shapes["conv1.bias"] = nil
        $0.unreadTypes["conv1.bias"] = "I64"
      })
    #expect(found.message.contains("'conv1.bias' is I64 there; F32, F16 and BF16 can be read"))
    #expect(found.notes.first?.message.contains("save_file") == true)
  }

  @Test func aMissingFileIsReportedAtItsPlace() throws {
    let found = try problem(FakeCatalog())
    #expect(found.message == "'net.safetensors' does not exist")
    #expect(found.span != nil)
  }

  @Test func relativePathsStartAtThePipelineFile() throws {
    let description = try describe(Self.text).resolvingPaths(from: "studies")
    guard
      let transfer = description.stages.first(where: { $0.name == "A1B" })?.work
        as? TransferDescription,
      case .file(let path, _)? = transfer.source
    else {
      Issue.record("A1B is a transfer from a file")
      return
    }
    #expect(path.content == "studies/net.safetensors")
  }
}
