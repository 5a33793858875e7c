import ArgumentParser
import ArtifactStore
import Basics
import Planning
import Reporting
import SystemPackage

/// `cambium compare FILE…`, `cambium compare --store S`
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Lists evaluated networks with their settings and results.",
    discussion: """
      Of pipelines, all evaluations are listed, with the variables and settings in which they differ. With --store alone, \
      all evaluations that a store has, whatever pipeline they come from; the first listing reads every record, later \
      ones those that are new.

      A condition is a field, one of = != > < >= <=, and a value in which * matches any text: --where 'n>=3' \
      --where 'run=test-*'.
      """)

  @Argument(
    help: ArgumentHelp("Pipeline files.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var files: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a parameter of all files; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @Option(
    help: "The store folder; by default '.cambium' next to each pipeline file.",
    completion: .directory)
  var store: String?

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Lists only runs that meet it; may be repeated.", valueName: "condition"))
  var conditions: [String] = []

  @Option(
    // Fields that descend begin with a dash.
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sorts by these fields, separated by commas; '-' in front of one makes it descend.",
      valueName: "fields"))
  var sort: String?

  @Option(
    help: ArgumentHelp(
      "Lists these fields, separated by commas; by default those in which runs differ.",
      valueName: "fields"))
  var fields: String?

  @Flag(help: "Groups runs that differ in nothing but seeds: means with 95 % intervals.")
  var group = false

  @Option(
    help: ArgumentHelp("Groups runs by these fields, separated by commas.", valueName: "fields"))
  var by: String?

  @Flag(help: "One field a line instead of one run a line.")
  var long = false

  @Flag(help: "Comma-separated values with all fields.")
  var csv = false

  @Flag(help: "JSON with all fields.")
  var json = false

  func validate() throws {
    guard !files.isEmpty || store != nil else {
      throw ValidationError("name a pipeline file, or a store with --store")
    }
    guard !files.isEmpty || settings.isEmpty else {
      throw ValidationError("--set requires a pipeline file")
    }
    guard [long, csv, json].count(where: { $0 }) <= 1 else {
      throw ValidationError("give one of --long, --csv and --json")
    }
    guard !(group || by != nil) || fields == nil else {
      throw ValidationError("--fields cannot be combined with --group or --by")
    }
  }

  func run() throws {
    let conditions = try conditions.map { text throws(DiagnosticError) in try RunCondition(text) }
    var listing = try listing().filtered(conditions).sorted(by: CompareCommand.list(sort))
    guard listing.count > 0 else {
      if csv || json { return try show(ListingText(listing)) }
      printError("no run meets the conditions")
      return
    }
    if group || by != nil {
      try show(ListingText(listing.grouped(by: CompareCommand.list(by))))
      return
    }
    if let fields {
      listing = try listing.choosing(CompareCommand.list(fields))
    } else if !csv && !json {
      listing = listing.withoutShared
    }
    try show(ListingText(listing))
  }

  private func show(_ text: ListingText) throws {
    if json {
      print(text.json.json(indented: true))
    } else if csv {
      printData(text.csv)
    } else {
      print(long ? text.long : text.table, terminator: "")
    }
  }

  /// The runs to choose from; says where results are missing.
  private func listing() throws -> RunListing {
    guard !files.isEmpty else {
      var options = StoreOptions()
      options.store = store
      let recorded = try RecordedRuns(in: options.open())
      let listing = RunListing(recorded)
      guard listing.count > 0 else {
        throw DiagnosticError("the store has no evaluation")
      }
      return listing
    }
    let planned = try files.map { file in
      let pipeline = PipelineOptions(file: file, settings: settings, store: store)
      return RunListing.PlannedRuns(plan: try pipeline.planForReading(), store: pipeline.openStore)
    }
    let listing = try RunListing(of: planned)
    guard listing.count > 0 else {
      throw DiagnosticError(
        "there is nothing to compare: no evaluate stage in \(files.map { "'\($0)'" }.joined(separator: ", "))"
      )
    }
    let missing = listing.runsWithoutResult
    if missing > 0 {
      printError(
        "no result for \(grouped(missing)) of \(counted(listing.count, "run")): 'cambium run' computes what is missing"
      )
    }
    return listing
  }

  private static func list(_ text: String?) -> [String] {
    text?.split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }.map(String.init)
      ?? []
  }
}
