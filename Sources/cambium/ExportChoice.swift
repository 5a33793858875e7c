import ArgumentParser
import ArtifactStore
import Basics
import Planning
import SystemPackage

/// What commands that export the results of several stages take: `[FILE] STAGE… | --all -o DIR`.
struct ExportChoice: ParsableArguments {
  @OptionGroup var options: StageOptions

  @Flag(help: "Exports every stage that has what is exported.")
  var all = false

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The folder to write to.", valueName: "folder"))
  var output: String

  func validate() throws {
    guard all != !options.stages.isEmpty else {
      throw ValidationError("name stages to export, or give --all")
    }
  }

  /// Writes what is exported of each chosen stage to the folder, and prints the paths.
  ///
  /// - Parameters:
  ///   - what: what stages have or lack: `weights`.
  ///   - none: said where no chosen stage has it.
  ///   - content: what a stage has; `nil` for nothing.
  ///   - write: writes it to a folder; returns the paths.
  /// - Throws: `DiagnosticError` for stages named without a pattern that have none; as `StageChoice.finished`.
  func export<Content>(
    _ what: String, none: String, _ content: (PlannedStage) -> Content?,
    write: (PlannedStage, Content, StoredArtifact, FilePath) throws -> [FilePath]
  ) throws {
    let pipeline = options.pipeline
    let plan = try pipeline.planForReading()
    let names = try all ? Set(plan.stages.map(\.name)) : plan.names(matching: options.stages)
    let others = plan.stages.filter { options.stages.contains($0.name) && content($0) == nil }
    guard others.isEmpty else {
      throw DiagnosticError(
        others.map {
          .error("stage '\($0.name)' is of kind '\($0.kind.rawValue)' and has no \(what)")
        })
    }
    let chosen = plan.stages.filter { names.contains($0.name) && content($0) != nil }
    guard !chosen.isEmpty else { throw DiagnosticError(none) }
    let folder = FilePath(output)
    // One stage that is asked for by name has to be there.
    let choice = StageChoice(chosen, isOne: chosen.count == 1 && !all)
    try choice.finished(in: pipeline) { found in
      try LocalFileSystem().makeFolder(folder)
      for (stage, artifact) in found {
        guard let content = content(stage) else { continue }
        for path in try write(stage, content, artifact, folder) { print(path) }
      }
    }
  }
}
