import ArgumentParser
import Basics
import SystemPackage

/// `cambium doctor`
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Examines this machine and the store, and reports problems.",
    discussion: "Exit status: 0 no problems; 1 problems found.")

  @Option(help: "The store folder.")
  var store = ".cambium"

  @Flag(help: "Prints the findings as JSON.")
  var json = false

  func run() throws {
    let findings = Findings(store: FilePath(store))
    print(json ? findings.value.json(indented: true) + "\n" : findings.text, terminator: "")
    if !findings.problems.isEmpty { throw ExitCode(ExitStatus.stageFailed) }
  }
}
