import ArgumentParser
import Planning

/// `cambium why [FILE] STAGE…`
struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract:
      "Explains why stages would run, down to the settings that changed, or which runs they are cached from."
  )

  @OptionGroup var options: StageOptions

  @Flag(help: "Prints the explanation as JSON; of several stages, a list.")
  var json = false

  func run() throws {
    let pipeline = options.pipeline
    let plan = try pipeline.plan()
    let choice = try StageChoice(options, in: plan)
    let history = try pipeline.history(of: plan)
    let explanations = try choice.stages.map { try plan.explanation(of: $0.name, history: history) }
    if json {
      let values = explanations.map(\.value)
      print((choice.isOne ? values[0] : .list(values)).json(indented: true))
    } else {
      print(explanations.map(\.text).joined(separator: "\n"), terminator: "")
    }
  }
}
