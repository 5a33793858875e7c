import ArgumentParser
import Basics

/// The `cambium` command.
struct Cambium: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cambium",
    abstract: "Runs feature-transfer experiments described in YAML, and only what changed.",
    discussion: """
      Results go to standard output, progress and problems to standard error.
      Exit status: 0 done; 1 a stage failed or was stopped, or the machine failed (a full disk, too little memory, files that \
      cannot be read or written); 2 the pipeline file or the arguments are wrong; 3 'plan --exit-code' found something to run.
      """,
    version: cambiumVersion,
    subcommands: [
      InitCommand.self, CheckCommand.self, DataCommand.self, PlanCommand.self, WhyCommand.self,
      RunCommand.self, SubmitCommand.self, CancelCommand.self, StatusCommand.self,
      LogsCommand.self, ShowCommand.self, CompareCommand.self, ReportCommand.self,
      ExportCommand.self, StoreCommand.self, BenchCommand.self, DoctorCommand.self,
      TaskCommand.self,
    ])
}

/// The version of the program, for `--version` and records.
let cambiumVersion = "0.1.0"

/// The exit statuses of the program.
enum ExitStatus {
  static let done: Int32 = 0
  static let stageFailed: Int32 = 1
  static let badInput: Int32 = 2
  /// With `plan --exit-code`: something would run, or the compared files differ.
  static let somethingToRun: Int32 = 3
}

/// Checks for something that the machine must provide. A failure is not a mistake in a file, so the command ends with
/// the status of a failed stage.
func checking<Found>(_ body: () throws -> Found) throws -> Found {
  do { return try body() } catch let error as DiagnosticError {
    printError(error.description)
    throw ExitCode(ExitStatus.stageFailed)
  }
}
