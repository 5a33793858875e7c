import ArgumentParser
import SystemPackage

/// `cambium doctor`
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Examines this machine and the store, and reports problems.",
    discussion: "Exit status: 0 no problems; 1 problems found.")

  @Argument(
    help: "A pipeline file next to the store.",
    completion: .file(extensions: ["yaml", "yml"]))
  var file: String?

  @Option(
    help:
      "The store folder; by default '.cambium' next to the pipeline file, or in the current folder.",
    completion: .directory)
  var store: String?

  @Flag(help: "Prints the findings as JSON.")
  var json = false

  func run() throws {
    let beside = file.map { FilePath($0).removingLastComponent() } ?? ""
    let findings = Findings(store: store.map { FilePath($0) } ?? beside.appending(".cambium"))
    print(json ? findings.value.json(indented: true) + "\n" : findings.text, terminator: "")
    if !findings.problems.isEmpty { throw ExitCode(ExitStatus.stageFailed) }
  }
}
