import Basics
import Definitions
import PipelineLanguage
import Testing

/// The source of a transfer's layers: a stage, or a file.
@Suite struct WeightsSourceTests {
  private func transfer(_ from: String, network: String = "network: n, ") -> String {
    Fixture.stages(
      "  s: {train: {network: n, on: d, solver: g}}\n"
        + "  t: {transfer: {from: \(from), \(network)layers: {one: freeze, rest: initialize}, on: d, solver: g}}\n"
    )
  }

  private func source(_ from: String) throws -> WeightsSource? {
    guard
      let transfer = try description(of: transfer(from)).stages.last?.work as? TransferDescription
    else { return nil }
    return transfer.source
  }

  @Test(arguments: [
    ("weights.safetensors", "weights.safetensors"), ("{file: weights}", "weights"),
    ("\"../a b/x.safetensors\"", "../a b/x.safetensors"),
  ])
  func filesAreToldFromStages(text: String, path: String) throws {
    guard case .file(let found, TensorNames())? = try source(text) else {
      Issue.record("'\(text)' is a file")
      return
    }
    #expect(found.content == path)
    #expect(try source("s")?.stage?.content == "s")
  }

  @Test func aFileDoesNotSayOfWhichNetworkItIs() {
    expect(
      transfer("x.safetensors", network: "").replacing("transfer:", with: "⟦transfer⟧:"),
      finds: "'transfer' lacks 'network': a file of weights does not record")
  }

  @Test func layersMayHaveOtherNamesInTheFile() throws {
    let names = "{one: features.0}"
    guard case .file(_, let found)? = try source("{file: x, names: \(names)}") else {
      Issue.record("it is a file")
      return
    }
    #expect(found == TensorNames(["one": "features.0"]))
    expect(
      transfer("{file: x, names: {⟦on⟧: a, two: b}}"),
      finds: "the network has no parameters of 'on'")
    expect(transfer("{file: x, names: {one: ⟦[a]⟧}}"), finds: "'one' must be text")
    expect(transfer("{file: x, names: ⟦{}⟧}"), finds: "'names' is empty")
  }

  @Test func mistakesAreReported() {
    expect(transfer("{}").replacing("from:", with: "⟦from⟧:"), finds: "'from' lacks 'file'")
    expect(transfer("{file: ⟦\"\"⟧}"), finds: "'file' must be a path")
    expect(transfer("{file: x, ⟦stage⟧: s}"), finds: "'from' has no 'stage'")
    expect(transfer("⟦[x.safetensors]⟧"), finds: "'from' must be a stage's name, or a file of")
    expect(transfer("⟦weights⟧"), finds: "there is no stage 'weights'")
    for name in ["w.pt", "models/net.PTH", "a/b"] {
      let error = #expect(throws: DiagnosticError.self) { try description(of: transfer(name)) }
      #expect(error?.description.contains("there is no stage '\(name)'") == true)
      #expect(error?.description.contains("weights are read from .safetensors files") == true)
    }
  }
}
