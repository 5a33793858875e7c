import ArgumentParser
import ArtifactStore
import Basics
import Planning
import SystemPackage

/// `cambium store import STUDY.tar`
struct StoreImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Imports a study from an archive written by 'cambium store export'.",
    discussion: """
      Writes the study's files to the folder named by --files, and its results to the store next to its first \
      pipeline file, so that 'cambium run' resumes from there. Existing files are never changed. An import may \
      be interrupted and repeated: what has arrived is kept.
      """)

  @Argument(help: "The archive.", completion: .file())
  var archive: String

  @Option(
    help: "The store folder; by default '.cambium' next to the first pipeline file.",
    completion: .directory)
  var store: String?

  @Option(
    help: "The folder for the pipeline files; by default the current folder.",
    completion: .directory)
  var files: String?

  @Flag(help: "Shows what would be imported, and writes nothing.")
  var dryRun = false

  @Flag(help: "Prints the results as JSON.")
  var json = false

  func run() throws {
    let stop = stopOnSignals()
    let study = try StudyArchive(FilePath(archive), unless: StopCheck { stop.isRequested })
    let folder = FilePath(files ?? "")
    let place = study.manifest.pipelines.first.map {
      folder.pushing(FilePath($0)).removingLastComponent()
    }
    let store = Store(at: store.map { FilePath($0) } ?? (place ?? folder).appending(".cambium"))
    let result: StudyImport
    do {
      result =
        try dryRun
        ? store.survey(study.manifest, filesTo: folder) : store.take(study, filesTo: folder)
    } catch var error as DiagnosticError where !dryRun {
      error.diagnostics[0].notes.append(
        .init("what had arrived completely is kept; the import can be repeated"))
      throw error
    }
    for path in result.differing {
      let warning = "'\(path)' exists with different content and is not changed"
      printError(Diagnostic(.warning, warning).rendered())
    }
    if json {
      print(result.value.json(indented: true))
    } else {
      print(text(of: result, in: store), terminator: "")
    }
  }

  private func text(of result: StudyImport, in store: Store) -> String {
    var text = ""
    for (name, balance) in [
      ("results", result.records), ("objects", result.objects),
      ("checkpoints", result.checkpoints), ("files", result.files),
    ] {
      text += "  \(grouped(balance.new.count)) new \(name), "
      text += "\(quantity(Double(balance.new.bytes), unit: "B"))"
      if balance.known.count > 0 { text += "; \(grouped(balance.known.count)) already present" }
      text += "\n"
    }
    text =
      "\(dryRun ? "to import" : "imported") into \(printable(store.root.string)):\n" + text
    let settings = result.settings.map { " --set \(quoted($0))" }.joined()
    for path in result.pipelines {
      text += "continue with: cambium run \(quoted(path.string))\(settings)\n"
    }
    return text
  }

  /// A word quoted for a shell.
  private func quoted(_ word: String) -> String {
    let plain = word.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_", "+", "=", "/", ".", ",", ":": true
      default: false
      }
    }
    return plain && !word.isEmpty ? word : "'\(printable(word).replacing("'", with: "'\\''"))'"
  }
}
