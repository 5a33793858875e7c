import ArgumentParser
import Basics
import SystemPackage

/// `cambium init [FILE]`
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Writes a short pipeline file, with comments, that runs as it is in a few seconds.")

  @Argument(help: "The file to write; an existing file is never overwritten.")
  var file = "pipeline.yaml"

  func run() throws {
    let path = FilePath(file)
    let fileSystem = LocalFileSystem()
    guard try fileSystem.status(of: path, followingLinks: false) == nil else {
      throw DiagnosticError(
        "'\(file)' already exists", notes: [.init("name another file: 'cambium init FILE'")])
    }
    try fileSystem.write(
      StarterPipeline.text.replacing(" FILE", with: " \(file)"), to: path)
    print("wrote \(file); see what it does with 'cambium plan \(file)'")
  }
}
