import ArgumentParser
import ArtifactStore
import Basics
import PipelineLanguage
import Planning
import Stages
import SystemPackage

/// The options of every command that reads a pipeline.
struct PipelineOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The pipeline file; by default 'pipeline.yaml' in the current folder.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var given: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a parameter of the file; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @Option(
    help: "The store folder; by default '.cambium' next to the pipeline file.",
    completion: .directory)
  var store: String?
}

extension PipelineOptions {
  /// The file that commands take where none is named.
  static let usualFile = "pipeline.yaml"

  /// The options as they are without any on a command line.
  init(file: String?, settings: [String], store: String?) {
    // In an initialiser, an assignment would make a definition of an argument and not give it a value.
    func set(_ options: inout PipelineOptions) {
      options.given = file
      options.settings = settings
      options.store = store
    }
    self.init()
    set(&self)
  }

  var file: String { given ?? PipelineOptions.usualFile }

  /// Another command on the same file with the same parameters and store, for messages.
  func command(_ name: String) -> String {
    var words = ["cambium", name, file] + settings.flatMap { ["--set", $0] }
    if let store { words += ["--store", store] }
    return words.map { word in
      word.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || "0123456789-_=./+:,".unicodeScalars.contains($0)
      }
        ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }.joined(separator: " ")
  }

  /// - Throws: `DiagnosticError` where no file is named, and there is none that commands take then.
  private func requireFile() throws {
    guard given == nil, try !LocalFileSystem().exists(FilePath(file)) else { return }
    throw DiagnosticError(
      "no pipeline file is named, and there is no '\(file)' in the current folder",
      notes: [.init("'cambium init \(file)' writes one to start from")])
  }

  var folder: FilePath {
    let folder = FilePath(file).removingLastComponent()
    return folder.isEmpty ? "." : folder
  }

  /// The store selected by the options. Touches no file.
  var openStore: Store { Store(at: store.map { FilePath($0) } ?? folder.appending(".cambium")) }

  /// The store's history of a plan's pipeline.
  ///
  /// - Throws: `DiagnosticError` if the store cannot be read.
  func history(of plan: Plan) throws -> StoreHistory {
    try StoreHistory(openStore, pipeline: plan.pipeline)
  }

  /// The same options for another file.
  func with(file: String) -> PipelineOptions {
    var options = self
    options.given = file
    return options
  }

  /// Reads and checks the pipeline file.
  ///
  /// - Parameters:
  ///   - printsWarnings: whether warnings are printed on standard error.
  ///   - note: receives each file that is included by a relative path.
  /// - Throws: `DiagnosticError` with all problems of the file or of `--set`.
  func describe(
    printsWarnings: Bool = true, note: @escaping (FilePath) -> Void = { _ in }
  ) throws -> Description {
    try describe(printsWarnings: printsWarnings, including: FilesBeside(FilePath(file), note: note))
  }

  /// The same with other texts for the files that it includes, and for itself.
  ///
  /// - Parameter source: by default the text of the file.
  func describe(
    _ source: SourceText? = nil, printsWarnings: Bool = true, including files: any PipelineFiles
  ) throws -> Description {
    if source == nil { try requireFile() }
    let settings = try settings.map { setting in
      guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
        throw DiagnosticError("'--set \(setting)' is not of the form key=value")
      }
      return (
        key: String(setting[..<equals]), value: String(setting[setting.index(after: equals)...])
      )
    }
    return try PipelineOptions.describe(
      source ?? SourceText.reading(FilePath(file)), settings: settings,
      printsWarnings: printsWarnings, including: files)
  }

  /// Reads and checks a pipeline file; prints warnings.
  ///
  /// - Throws: `DiagnosticError` with all of its problems.
  static func describe(_ file: String) throws -> Description {
    try describe(
      SourceText.reading(FilePath(file)), settings: [], printsWarnings: true,
      including: FilesBeside(FilePath(file)))
  }

  private static func describe(
    _ source: SourceText, settings: [(key: String, value: String)], printsWarnings: Bool,
    including files: any PipelineFiles
  ) throws -> Description {
    let description = try PipelineLanguage.describe(
      source, fileName: FilePath(source.name).stem ?? source.name, settings: settings,
      including: files, kinds: StageKinds.forms.syntax)
    if printsWarnings {
      for warning in description.warnings { printError(warning.rendered()) }
    }
    return description
  }

  /// The plan of the pipeline, based on the store.
  ///
  /// - Parameters:
  ///   - only: patterns of stages to plan, including everything upstream of them; all stages if empty.
  ///   - forced: patterns of stages to run even if they are cached; `*` matches all.
  ///   - assumingData: whether missing datasets are assumed to be as declared.
  ///   - activations: the options of the run for caching activations of frozen layers.
  ///   - stop: checked while data is read.
  /// - Throws: `DiagnosticError` with all problems of the file or the data; `Interrupted`.
  func plan(
    only: [String] = [], forced: [String] = [], assumingData: Bool = false,
    activations: ActivationPolicy = .usual, unless stop: StopCheck = .never
  ) throws -> Plan {
    try plan(
      of: describe(), only: only, forced: forced, assumingData: assumingData,
      activations: activations, unless: stop)
  }

  /// Provides facts about data outside the pipeline file.
  func catalog(for description: Description, unless stop: StopCheck = .never) -> StoreCatalog {
    StoreCatalog(
      store: openStore, pipeline: description.name,
      writtenPaths: description.writtenPaths(from: folder), unless: stop)
  }

  /// The plan of a pipeline that has been read.
  func plan(
    of description: Description, only: [String] = [], forced: [String] = [],
    assumingData: Bool = false, activations: ActivationPolicy = .usual, pricesCached: Bool = true,
    printsWarnings: Bool = true, unless stop: StopCheck = .never
  ) throws -> Plan {
    let catalog = catalog(for: description, unless: stop)
    let description = description.resolvingPaths(from: folder)
    let store = openStore
    let planner = Planner(
      description: description, forms: StageKinds.forms, catalog: catalog,
      history: try StoreHistory(store, pipeline: description.name),
      speeds: StoreSpeeds(store: store))
    let plan: Plan
    do {
      plan = try planner.plan(
        only: only, forced: forced, assumingData: assumingData, activations: activations,
        pricesCached: pricesCached)
    } catch  where stop.isRequested {
      // A missing source may be the cause of later errors, so it is reported first.
      throw Interrupted()
    }
    if printsWarnings { warn(of: plan) }
    return plan
  }
}

extension PipelineOptions {
  /// The plan for a command that reads results; prints which of them cannot be read.
  ///
  /// - Throws: as `plan` does.
  func planForReading() throws -> Plan {
    let plan = try plan()
    warnOfDamage(in: plan)
    return plan
  }

  /// Warns of finished stages whose results cannot be used.
  func warnOfDamage(in plan: Plan) {
    let damages = plan.stages.compactMap { stage -> (stage: String, damage: String)? in
      guard case .artifactMissing(let damage)? = stage.status.reason else { return nil }
      return (stage.name, damage)
    }
    warnOfDamage(damages)
  }

  /// The same of stages whose damage is known.
  func warnOfDamage(_ damages: [(stage: String, damage: String)]) {
    guard let first = damages.first else { return }
    let others = damages.count - 1
    let whose =
      others == 0
      ? "the result of stage '\(first.stage)' is left out"
      : "the results of stage '\(first.stage)' and \(counted(others, "other")) are left out"
    printError(
      Diagnostic(
        .warning, "\(whose): \(first.damage)", notes: [.init("'cambium run' computes them again")]
      ).rendered())
  }

  /// Prints what deserves attention. Datasets that are not there are named together: a repetition may have made hundreds
  /// of one.
  private func warn(of plan: Plan) {
    for source in plan.missingSources {
      let warning = "\(source) does not exist: using what the store recorded about it"
      printError(Diagnostic(.warning, warning).rendered())
    }
    for warning in plan.warnings { printError(warning.rendered()) }
    guard let first = plan.assumed.first else { return }
    let others = plan.assumed.count - 1
    let warning =
      others == 0
      ? "dataset '\(first)' does not exist: the plan is based on what the file declares"
      : "dataset '\(first)' and \(counted(others, "other")) do not exist: the plan is based on what the file declares"
    printError(Diagnostic(.warning, warning).rendered())
  }
}

/// The options for missing data.
struct DataOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Plans for missing datasets as the file declares them ('classes' and 'images').",
      discussion: "Such a plan is marked, and cannot be run."))
  var assumeData = false
}
