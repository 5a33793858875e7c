import ArgumentParser
import Basics
import SystemPackage

/// `cambium doctor`
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tells what this machine and the store are like, and what is wrong with them.",
    discussion: "Exit status: 0 nothing is wrong; 1 something is.")

  @Option(help: "The store's folder.")
  var store = ".cambium"

  @Flag(help: "Prints the findings as JSON.")
  var json = false

  func run() throws {
    let findings = Findings(store: FilePath(store))
    print(json ? findings.value.json(indented: true) + "\n" : findings.text, terminator: "")
    if !findings.problems.isEmpty { throw ExitCode(ExitStatus.stageFailed) }
  }
}
