import ArgumentParser
import ArtifactStore
import Basics
import Glibc
import Planning
import SystemPackage

/// `cambium store export FILE… -o STUDY.tar`
struct StoreExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a study to one archive, to continue it elsewhere.",
    discussion: """
      The archive contains what the given pipeline files refer to in their current form: the results of finished \
      stages, including packed images, the checkpoints of unfinished training runs, and the pipeline files \
      with the files that they include and read by relative paths. Activations of frozen layers and logs are \
      left out. 'cambium store import' imports the archive. The same content produces the same bytes.
      """)

  @Argument(
    help: "Pipeline files; by default 'pipeline.yaml' in the current folder.",
    completion: .file(extensions: ["yaml", "yml"]))
  var files = [PipelineOptions.usualFile]

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a parameter of the files; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @Option(
    help: "The store folder; by default '.cambium' next to the first pipeline file.",
    completion: .directory)
  var store: String?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The archive to write.", valueName: "archive"),
    completion: .file(extensions: ["tar"]))
  var output: String?

  @Flag(
    help: ArgumentHelp(
      "Leaves out packed images, which makes the archive much smaller; new training runs then need the datasets."
    ))
  var noData = false

  @Flag(help: "Leaves out checkpoints of unfinished training runs.")
  var noCheckpoints = false

  @Flag(help: "Shows what would be written, and writes nothing.")
  var dryRun = false

  @Flag(help: "Prints the results as JSON.")
  var json = false

  func validate() throws {
    guard dryRun != (output != nil) else {
      throw ValidationError("name the archive with -o, or give --dry-run")
    }
  }

  func run() throws {
    let stop = stopOnSignals()
    let check = StopCheck { stop.isRequested }
    let study = try selection(unless: check)
    let export = try pipeline(files[0]).openStore.export(
      study, to: output.map { FilePath($0) }, unless: check)
    if json {
      print(export.value.json(indented: true))
    } else {
      print(text(of: export), terminator: "")
    }
  }

  private func pipeline(_ file: String) -> PipelineOptions {
    PipelineOptions(
      file: file == PipelineOptions.usualFile ? nil : file, settings: settings,
      store: store ?? FilePath(files[0]).removingLastComponent().appending(".cambium").string)
  }

  /// The study defined by the pipeline files.
  private func selection(unless stop: StopCheck) throws -> StudySelection {
    var study = StudySelection()
    study.settings = settings
    var pipelines: [FilePath] = []
    var others: Set<FilePath> = []
    for file in files {
      let options = pipeline(file)
      let description = try options.describe { others.insert($0) }
      let plan = try options.plan(of: description, unless: stop)
      options.warnOfDamage(in: plan)
      try study.add(
        plan, from: options.history(of: plan), includesData: !noData,
        includesStates: !noCheckpoints)
      try study.addSources(
        of: description, in: options.folder, options.catalog(for: description, unless: stop))
      pipelines.append(FilePath(file))
      // Sources that no longer exist are known to the store.
      others.formUnion(
        try description.filesBeside(options.folder).filter { try LocalFileSystem().exists($0) })
    }
    try study.addFiles(pipelines: pipelines, others: Array(others))
    return study
  }

  private func text(of export: StudyExport) -> String {
    let manifest = export.manifest
    let records = manifest.records
    var text = "\(grouped(export.finished)) of \(grouped(export.stages)) stages finished\n"
    for (name, total) in [
      ("result", records), ("object", manifest.objects), ("checkpoint", manifest.checkpoints),
      ("file", manifest.files),
    ] {
      text += "  \(counted(total.count, name)), \(quantity(Double(total.bytes), unit: "B"))\n"
    }
    for pipeline in manifest.pipelines { text += "  pipeline \(printable(pipeline))\n" }
    if let output, let bytes = export.bytes {
      text += "\(printable(output)): \(quantity(Double(bytes), unit: "B"))\n"
    }
    return text
  }
}

extension StudySelection {
  /// Adds the pipeline files and what they read, with their paths relative to the nearest folder that contains them
  /// all.
  fileprivate mutating func addFiles(pipelines: [FilePath], others: [FilePath]) throws {
    let current = try FilePath.current
    func whole(_ path: FilePath) -> FilePath {
      current.pushing(path).lexicallyNormalized()
    }
    let all = (pipelines + others).map(whole)
    var root = all[0].removingLastComponent()
    while !all.allSatisfy({ $0.starts(with: root) }) { root.removeLastComponent() }
    for path in all {
      var name = path
      _ = name.removePrefix(root)
      files[name.string] = path
    }
    for pipeline in pipelines {
      var name = whole(pipeline)
      _ = name.removePrefix(root)
      self.pipelines.insert(name.string)
    }
  }
}

extension FilePath {
  /// The folder that relative paths start from.
  fileprivate static var current: FilePath {
    get throws {
      guard let path = getcwd(nil, 0) else {
        throw DiagnosticError(operation: "find", ".", because: Errno(rawValue: errno))
      }
      defer { free(path) }
      return FilePath(String(cString: path))
    }
  }
}
