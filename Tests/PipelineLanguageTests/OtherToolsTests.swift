import Basics
import PipelineLanguage
import Testing

/// Terms of other tools produce a hint.
@Suite struct OtherToolsTests {
  @Test(arguments: [
    ("momentum: 0.9", "lr: 0.9", "rate"), ("momentum: 0.9", "weight_decay: 0.9", "decay"),
    ("momentum: 0.9", "batch_size: 9", "batch"), ("kernel: 3", "kernel_size: 3", "kernel"),
    ("[dense: classes]", "[linear: classes]", "dense"),
    ("relu", "batchnorm2d", "batch-norm"), ("solver: sgd", "optimizer: sgd", "solver"),
    ("solvers:", "optimizer:", "solvers"),
  ])
  func theLanguagesOwnWordIsSaid(ours: String, theirs: String, word: String) throws {
    let text = """
      cambium: 1
      datasets: {d: {source: "builtin:shapes"}}
      networks:
        n: {input: [3, 32, 32], layers: {a: [conv: {filters: 4, kernel: 3}, relu], b: [dense: classes]}}
      solvers: {sgd: {batch: 8, epochs: 1, momentum: 0.9, rate: 0.01}}
      stages: {s: {train: {network: n, on: d, solver: sgd}}}
      """
    _ = try description(of: text)
    let changed = text.replacing(ours, with: theirs)
    #expect(changed != text)
    let error = #expect(throws: DiagnosticError.self) { try description(of: changed) }
    let notes = error?.diagnostics.flatMap(\.notes).map(\.message) ?? []
    #expect(notes.contains("here it is called '\(word)'"), "\(notes)")
  }

  @Test(arguments: [
    ("precision: bf16", "precision"), ("amp: true", "precision"), ("weight_decay: 0.1", "decay"),
    ("seeds: 3", nil),
  ])
  func settingsOfSolversAreSentThere(entry: String, setting: String?) throws {
    let text = """
      cambium: 1
      datasets: {d: {source: "builtin:shapes"}}
      networks:
        n: {input: [3, 32, 32], layers: {a: [conv: {filters: 4, kernel: 3}, relu], b: [dense: classes]}}
      solvers: {sgd: {batch: 8, epochs: 1, rate: 0.01}}
      stages: {s: {train: {network: n, on: d, solver: sgd, \(entry)}}}
      """
    let error = #expect(throws: DiagnosticError.self) { try description(of: text) }
    let notes = error?.diagnostics.flatMap(\.notes).map(\.message) ?? []
    #expect(
      notes.filter { $0.hasSuffix("is a setting of solvers") }
        == (setting.map { ["'\($0)' is a setting of solvers"] } ?? []), "\(notes)")
  }
}
