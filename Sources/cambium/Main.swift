import ArgumentParser
import Basics
import Glibc

@main
enum Main {
  /// The memory in bytes needed to parse arguments, pipelines and plans of the usual size.
  private static let leastMemory = 128 << 20

  /// Parses the arguments, runs the command, and turns its errors into messages and exit statuses.
  static func main() {
    explainBusErrors()
    do {
      try AddressSpace.require(leastMemory, for: "the program")
      var command = try parsed(
        SlurmOptions.rewritten(Array(CommandLine.arguments.dropFirst())))
      try command.run()
      end(ExitStatus.done)
    } catch let error as DiagnosticError {
      printError(error.description)
      end(error.isOfMachine ? ExitStatus.stageFailed : ExitStatus.badInput)
    } catch is Interrupted {
      printError("stopped on request: unfinished reads and writes are discarded")
      end(ExitStatus.stageFailed)
    } catch let error as ExitCode {
      end(error.rawValue)
    } catch {
      // Requests for help succeed and are printed on standard output. ArgumentParser's own status for invalid
      // arguments, 64, is mapped to ours.
      let isRequest = Cambium.exitCode(for: error).isSuccess
      let message = Cambium.fullMessage(for: error)
      if isRequest { print(message) } else { printError(message) }
      end(isRequest ? ExitStatus.done : ExitStatus.badInput)
    }
  }

  /// The command that the arguments are for.
  ///
  /// A command that is named first is asked at once: going through all of them takes several milliseconds, which is a
  /// part of the time of a plan. Whatever it does not understand, requests for help among it, is left to the parser of the
  /// whole program.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    if let name = arguments.first,
      let kind = Cambium.configuration.subcommands.first(where: {
        $0.configuration.commandName == name
      }),
      let command = try? kind.parseAsRoot(Array(arguments.dropFirst())),
      type(of: command) == kind
    {
      return command
    }
    return try Cambium.parseAsRoot(arguments)
  }

  /// Ends the program; not successfully if some of the output could not be written.
  private static func end(_ status: Int32) -> Never {
    if finishStandardOutput() { exit(status) }
    printError("error: standard output could not be written completely")
    exit(status == ExitStatus.done ? ExitStatus.stageFailed : status)
  }
}
