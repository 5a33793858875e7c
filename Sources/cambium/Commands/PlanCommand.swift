import ArgumentParser
import Basics
import Planning
import Stages

/// `cambium plan FILE`
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Shows what a run would do and why, without running anything.",
    discussion: """
      With --diff OLD, compares the plans of two files instead, regardless of what has run: stages that were \
      added, removed, changed (with the settings) or only renamed.
      """)

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var data: DataOptions
  @Flag(help: "Prints the plan as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Compares with the plan of an earlier version of the file.", valueName: "old"))
  var diff: String?

  @Option(
    help: "Draws the stages and their connections, as a Graphviz or Mermaid graph.")
  var graph: GraphLanguage?

  @Flag(
    help: "Measures networks whose speed on this machine is unknown; takes seconds to minutes.")
  var calibrate = false

  @Flag(help: "With --graph, draws each stage of a sweep individually.")
  var expand = false

  @Flag(help: "Exits with status 3 if anything would run, or with --diff, if anything differs.")
  var exitCode = false

  func validate() throws {
    guard diff == nil || selection.isEmpty else {
      throw ValidationError(
        "--diff compares whole plans: it cannot be combined with --only or --force")
    }
    guard graph == nil || (!json && diff == nil) else {
      throw ValidationError("--graph cannot be combined with --json or --diff")
    }
    guard !calibrate || diff == nil else {
      throw ValidationError("--calibrate cannot be combined with --diff")
    }
    guard !expand || graph != nil else { throw ValidationError("--expand requires --graph") }
  }

  func run() throws {
    if let diff {
      try compare(with: diff)
      return
    }
    let description = try pipeline.describe()
    var plan = try pipeline.plan(
      of: description, only: selection.only, forced: selection.force,
      assumingData: data.assumeData, pricesCached: json)
    if calibrate {
      let speeds = StoreSpeeds(store: pipeline.openStore)
      let limits = ProcessLimits.current
      try speeds.calibrate(
        plan, threads: limits.processors, memory: limits.memory,
        progress: { printError("measuring the network of \($0)") },
        refused: { stage, error in
          printError(
            "warning: the network of \(stage) is not measured: "
              + (error.diagnostics.first?.message ?? "\(error)"))
        })
      try plan.price(by: speeds)
    }
    KeptValues.keep(description)
    KeptValues.keep(plan)
    print(text(of: plan), terminator: "")
    try end(isQuiet: plan.stages.allSatisfy(\.status.isCached))
  }

  private func text(of plan: Plan) -> String {
    switch graph {
    case .dot?: PlanGraph(of: plan, expanded: expand).dot
    case .mermaid?: PlanGraph(of: plan, expanded: expand).mermaid
    case nil: json ? plan.value.json(indented: true) + "\n" : plan.text
    }
  }

  private func compare(with old: String) throws {
    let difference = try PlanDifference(
      from: pipeline.with(file: old).plan(assumingData: data.assumeData),
      to: pipeline.plan(assumingData: data.assumeData))
    print(
      json ? difference.value.json(indented: true) + "\n" : difference.text, terminator: "")
    try end(isQuiet: difference.isEmpty)
  }

  private func end(isQuiet: Bool) throws {
    if exitCode, !isQuiet { throw ExitCode(ExitStatus.somethingToRun) }
  }
}

/// The language of a graph.
enum GraphLanguage: String, ExpressibleByArgument, CaseIterable {
  case dot, mermaid
}

/// Which stages a plan contains.
struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only stages of this name, and what they need; '*' matches any characters; may be repeated.",
      valueName: "stage"), completion: .custom(StageCompletion.stages))
  var only: [String] = []

  @Option(
    help: ArgumentHelp(
      "Runs stages of this name even if they are cached; '*' matches any characters; may "
        + "be repeated.", valueName: "stage"), completion: .custom(StageCompletion.stages))
  var force: [String] = []

  var isEmpty: Bool { only.isEmpty && force.isEmpty }
}
