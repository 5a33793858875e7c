import ArgumentParser
import Planning

/// `cambium plan FILE`
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Shows what a run would do, and why, without doing it.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var data: DataOptions
  @Flag(help: "Prints the plan as JSON.")
  var json = false

  func run() throws {
    let plan = try pipeline.plan(
      only: selection.only, forced: selection.force, assumingData: data.assumeData)
    print(json ? plan.value.json(indented: true) + "\n" : plan.text, terminator: "")
  }
}

/// Which stages a plan has.
struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only stages of this name, and what they need; '*' stands for any characters; may be repeated.",
      valueName: "stage"))
  var only: [String] = []

  @Option(
    help: ArgumentHelp(
      "Runs stages of this name even if their results are there; '*' stands for any characters; may "
        + "be repeated.", valueName: "stage"))
  var force: [String] = []
}
