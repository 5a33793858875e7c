import ArgumentParser
import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage

/// `cambium store …`
struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract:
      "Manages the store: verifies it, shows its disk usage, removes what is not needed, and exports and imports studies.",
    subcommands: [
      StoreVerifyCommand.self, StoreUsageCommand.self, StoreCleanCommand.self,
      StoreRemoveCommand.self, StoreExportCommand.self, StoreImportCommand.self,
    ])
}

/// `cambium store verify`
struct StoreVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Reads everything in a store and compares it with what was recorded.",
    discussion: "The exit status is 1 if anything is damaged or missing.")

  @OptionGroup var options: StoreOptions

  @Argument(help: "A pipeline file next to the store.")
  var file: String?

  @Flag(
    help: ArgumentHelp(
      "Moves damaged files to 'damaged/' in the store; their stages run again when needed."))
  var repair = false

  @Flag(help: "Prints the findings as JSON.")
  var json = false

  func run() throws {
    let audit = try options.open(beside: file).audit(isRepairing: repair)
    if json {
      print(audit.value.json(indented: true))
    } else {
      for finding in audit.findings { print(printable("\(finding.what): \(finding.damage)")) }
      let aside = repair && !audit.findings.isEmpty ? ", set aside" : ""
      print(
        "\(counted(audit.records, "result")), \(counted(audit.objects, "object")), "
          + "\(counted(audit.checkpoints, "checkpoint")), \(counted(audit.notes, "other file")), "
          + "\(quantity(Double(audit.bytes), unit: "B")): "
          + (audit.findings.isEmpty ? "no damage" : "\(audit.findings.count) damaged\(aside)"))
    }
    if !audit.findings.isEmpty { throw ExitCode(ExitStatus.stageFailed) }
  }
}

/// `cambium store du`
struct StoreUsageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "du",
    abstract: "Shows the disk usage of a store, and the largest results.")

  @OptionGroup var options: StoreOptions

  @Argument(help: "A pipeline file next to the store.")
  var file: String?

  @Flag(help: "Prints the results as JSON.")
  var json = false

  func run() throws {
    let usage = try options.open(beside: file).usage()
    if json {
      print(usage.value.json(indented: true))
      return
    }
    var rows = [["PIPELINE", "KIND", "STAGES", "SIZE"]]
    for row in usage.rows {
      rows.append([
        printable(row.pipeline), printable(row.kind), "\(row.stages)",
        quantity(Double(row.bytes), unit: "B"),
      ])
    }
    for (name, bytes) in [
      ("(unfinished stages)", usage.checkpoints), ("(activations)", usage.activations),
      ("(unreferenced)", usage.unreferenced),
      ("(damaged, set aside)", usage.damaged), ("(being written)", usage.workspaces),
      ("(records, logs, notes)", usage.notes),
    ] where bytes > 0 {
      rows.append([name, "", "", quantity(Double(bytes), unit: "B")])
    }
    rows.append(["total", "", "", quantity(Double(usage.total), unit: "B")])
    print(alignedColumns(rows), terminator: "")
    guard !usage.largest.isEmpty else { return }
    rows = [["LARGEST RESULTS", "PIPELINE", "KIND", "SIZE", "FINGERPRINT"]]
    rows += usage.largest.map {
      [
        printable($0.stage), printable($0.pipeline), printable($0.kind),
        quantity(Double($0.bytes), unit: "B"), $0.fingerprint.short,
      ]
    }
    print("\n" + alignedColumns(rows), terminator: "")
  }
}
