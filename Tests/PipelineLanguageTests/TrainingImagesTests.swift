import Definitions
import PipelineLanguage
import Testing

/// Which images a stage trains on, and which mean it subtracts.
@Suite struct TrainingImagesTests {
  private func train(_ on: String) -> String {
    Fixture.stages("  s: {train: {network: n, on: \(on), solver: g}}\n")
  }

  @Test func aLimitBelongsToATaskOrADataset() throws {
    #expect(try training(in: train("{task: s.A, examples: 5}")).task.content.examples == 5)
    #expect(try training(in: train("{task: d, examples: 1}")).task.content.name == "d")
    #expect(try training(in: train("s.A")).task.content.examples == nil)
  }

  @Test func limitsAreChecked() {
    expect(train("{task: s.A, examples: ⟦0⟧}"), finds: "'examples' must be at least 1")
    expect(train("{task: s.A, examples: ⟦1.5⟧}"), finds: "'examples' must be a whole number")
    expect(train("{task: ⟦s.C⟧, examples: 1}"), finds: "split 's' has no task 'C'")
    expect(
      train("{examples: 1}").replacing("on:", with: "⟦on⟧:"), finds: "'on' lacks 'task'")
    expect(
      train("{task: s.A}").replacing("on:", with: "⟦on⟧:"), finds: "'on' lacks 'examples'")
    expect(train("{task: s.A, examples: 1, ⟦seed⟧: 1}"), finds: "'on' has no 'seed'")
  }

  @Test func evaluationHasNoLimit() throws {
    let text = train("{task: s.A, examples: 5}") + "  e: {evaluate: {network: s}}\n"
    #expect(problems(of: text).isEmpty)
    expect(
      train("s.A") + "  e: {evaluate: {network: s, on: ⟦{task: s.A, examples: 5}⟧}}\n",
      finds: "'on' must be a task, not a mapping")
  }

  private func transfer(_ mean: String, from: String = "s") -> String {
    train("s.A")
      + "  t: {transfer: {from: \(from), network: n, layers: {rest: fine-tune}, on: d, \(mean)solver: g}}\n"
  }

  private func mean(_ text: String) throws -> MeanOrigin? {
    guard let transfer = try description(of: text).stages.last?.work as? TransferDescription else {
      return nil
    }
    return transfer.mean
  }

  @Test func theMeanIsTheTargetsUnlessItIsTheSources() throws {
    #expect(try mean(transfer("")) == .target)
    #expect(try mean(transfer("mean: target, ")) == .target)
    #expect(try mean(transfer("mean: source, ")) == .source)
    expect(transfer("mean: ⟦image⟧, "), finds: "'mean' must be target or source")
    expect(
      transfer("mean: ⟦source⟧, ", from: "x.safetensors"),
      finds: "there is no source mean image: a file of weights has none")
    expect(
      train("s.A")
        + "  t: {transfer: {network: n, layers: {rest: random}, on: d, mean: ⟦source⟧, solver: g}}\n",
      finds: "there is no source mean image: nothing is copied")
  }
}
