import ArgumentParser
import Basics
import Planning
import SystemPackage

/// `cambium report FILE [-o DIR]`
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Prints a pipeline's finished reports, or writes their files to a folder.")

  @OptionGroup var pipeline: PipelineOptions

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Where to write tables and figures.", valueName: "folder"))
  var output: String?

  func run() throws {
    let plan = try pipeline.plan()
    let reports = plan.stages.filter { $0.kind == .report }
    guard !reports.isEmpty else {
      throw DiagnosticError("'\(pipeline.file)' has no report stage")
    }
    for report in reports {
      let artifact = try finishedArtifact(of: report, in: pipeline)
      if let output {
        let folder = reports.count > 1 ? FilePath(output).appending(report.name) : FilePath(output)
        for path in try artifact.copyFiles(to: folder) { print(path) }
      } else {
        for (name, path) in artifact.files.sorted(by: { $0.key < $1.key })
        where name.hasSuffix(".txt") {
          print(String(decoding: try LocalFileSystem().read(path), as: UTF8.self), terminator: "")
        }
      }
    }
  }
}
