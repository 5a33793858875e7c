import Planning
import Reporting
import Testing

/// Settings in titles and headings, as a researcher would say them.
@Suite struct SettingTextTests {
  @Test(arguments: [
    ("statistics", VariableValue.text(#"["block"]"#), "batch statistics in block"),
    ("statistics", .text(#"["block1","block2"]"#), "batch statistics in block1, block2"),
    ("statistics", .text("none"), "running statistics"),
    (
      "weights.content", .content(NamedContent(digest: "1a2b3c4d5e6f", name: "a.safetensors")),
      "weights from a.safetensors"
    ),
    ("weights.content", .text("1a2b3c4d5e6f"), "weights from 1a2b3c4d5e6f"),
    ("weights.content", .text("none"), "no weights file"),
    ("weights.names.conv1", .text("features.0"), "conv1 in the file features.0"),
    ("solver.rate.start", .number(0.02), "learning rate 0.02"),
    ("solver.rate.policy.step.by", .number(0.1), "learning-rate step by 0.1"),
    ("solver.length.epochs", .number(12), "epochs 12"),
    ("solver.momentum", .number(0.9), "momentum 0.9"),
    ("solver", .text("tune"), "solver tune"),
    ("source.solver", .text("tune"), "source network: solver tune"),
    ("source.source.solver", .text("tune"), "its source network: solver tune"),
    ("phases.0.solver.rate.start", .number(0.5), "phase 1: learning rate 0.5"),
    ("solver.average.epochs", .text("none"), "weights not averaged"),
    ("solver.average.epochs", .number(2), "weights averaged over 2 epochs"),
    ("solver.momentum", .text("none"), "no momentum"),
    ("source.solver.rate.start", .number(0.5), "source network: learning rate 0.5"),
    ("rates.conv1", .number(0.1), "conv1: learning rate × 0.1"),
    ("rates.conv1", .text("none"), "conv1: learning rate × 1"),
    ("network.layers.conv1.operations.0.conv.filters", .number(96), "conv1: conv filters 96"),
    (
      "network.layers.conv1.operations.2.conv.filters", .number(96),
      "conv1: operation 3 conv filters 96"
    ),
    ("layers.conv.1.state", .text("frozen"), "conv.1: state frozen"),
    ("preprocessing.mirror", .text("true"), "mirror true"),
    ("dataset.size", .text("[32,24]"), "dataset size 32×24"),
    (
      "classes", .text(#"["a","b","c","d","e","f","g","h","i","j"]"#),
      "classes a, b, c, d, e, f, g, h and 2 more"
    ),
    // Names of the file's author stay as they are.
    ("lr", .number(0.02), "lr 0.02"), ("arm.mean", .text("source"), "arm.mean source"),
    ("lr", .unstated, "lr not stated"), ("note", .text("[unclosed"), "note [unclosed"),
  ])
  func settingsAreSaidInWords(name: String, value: VariableValue, text: String) {
    #expect(SettingText(name).phrase(value) == text)
  }

  @Test func titlesAndColumnsHaveTheWords() {
    var runs = [run(.base, .top1(0.8)), run(.frozen, source: "A", n: 1, .top1(0.7))]
    runs += [
      run(.base, .top1(0.6), name: "c"), run(.frozen, source: "A", n: 1, .top1(0.5), name: "d"),
    ]
    for index in runs.indices {
      runs[index].design.variables = [
        "solver.rate.start": RunVariable(.number(index < 2 ? 0.02 : 0.002))
      ]
    }
    let analysis = analyse(runs)
    #expect(
      analysis.experiments.map(\.title) == [
        "random tasks (split halves), learning rate 0.02",
        "random tasks (split halves), learning rate 0.002",
      ])
    // Other tools read the columns by the names of settings.
    #expect(RunTable(runs).columns.contains("solver.rate.start"))
  }
}
