import ArgumentParser
import Planning

/// `cambium why [FILE] STAGE`
struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract:
      "Explains why a stage would run, down to the settings that changed, or which run it is cached from."
  )

  @OptionGroup var options: StageOptions

  @Flag(help: "Prints the explanation as JSON.")
  var json = false

  func run() throws {
    let stage = try options.oneStage()
    let pipeline = options.pipeline
    let plan = try pipeline.plan()
    let explanation = try plan.explanation(of: stage, history: pipeline.history(of: plan))
    print(json ? explanation.value.json(indented: true) + "\n" : explanation.text, terminator: "")
  }
}
