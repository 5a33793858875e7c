import ArgumentParser
import Basics

/// The `cambium` command.
struct Cambium: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cambium",
    abstract: "Runs feature-transfer experiments described in YAML, and only what changed.",
    discussion: """
      Results go to standard output, progress and problems to standard error.
      Exit status: 0 done; 1 a stage failed or was stopped, or the output could not be written; 2 the pipeline file or the arguments are \
      wrong; 3 'plan --exit-code' found something to run.
      """,
    version: cambiumVersion,
    subcommands: [
      InitCommand.self, CheckCommand.self, PlanCommand.self, WhyCommand.self, RunCommand.self,
      StatusCommand.self, ShowCommand.self, ReportCommand.self, ExportCommand.self,
      StoreCommand.self, BenchCommand.self, DoctorCommand.self,
    ])
}

/// The program's version: in `--version` and in every record.
let cambiumVersion = "0.1.0"

/// How the program ends.
enum ExitStatus {
  static let done: Int32 = 0
  static let stageFailed: Int32 = 1
  static let badInput: Int32 = 2
  /// With `plan --exit-code`: something would run, or the compared files differ.
  static let somethingToRun: Int32 = 3
}

/// Asks for something that this machine must have. That it has not is the user's mistake in no file: the command ends
/// like one whose stage failed.
func checking<Found>(_ body: () throws -> Found) throws -> Found {
  do { return try body() } catch let error as DiagnosticError {
    printError(error.description)
    throw ExitCode(ExitStatus.stageFailed)
  }
}
