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
      print(
        "\(counted(audit.records, "result")), \(counted(audit.objects, "object")), "
          + "\(counted(audit.checkpoints, "checkpoint")), \(counted(audit.notes, "other file")), "
          + "\(quantity(Double(audit.bytes), unit: "B")): \(audit.verdict)")
      for line in audit.remarks(isRepairing: repair) { print(line) }
    }
    if !audit.findings.isEmpty { throw ExitCode(ExitStatus.stageFailed) }
  }
}

extension StoreAudit {
  fileprivate func count(_ state: State) -> Int { findings.count { $0.state == state } }

  /// `no damage`; `3 damaged, 2 of them set aside, 1 not readable by this user`.
  fileprivate var verdict: String {
    let (aside, denied) = (count(.setAside), count(.denied))
    let damaged = findings.count - denied
    var parts: [String] = []
    if damaged > 0 { parts.append("\(damaged) damaged") }
    if aside > 0 { parts.append(aside == damaged ? "set aside" : "\(aside) of them set aside") }
    if denied > 0 { parts.append("\(denied) not readable by this user") }
    return parts.isEmpty ? "no damage" : parts.joined(separator: ", ")
  }

  /// What a user may want to know, or to do next.
  fileprivate func remarks(isRepairing: Bool) -> [String] {
    var remarks: [String] = []
    if missing > 0 {
      remarks.append(
        "\(counted(missing, "result")) of the latest runs \(missing == 1 ? "is" : "are") not in the store: removed, set aside or lost"
      )
    }
    if count(.denied) > 0 {
      remarks.append("give this user access to what it may not read, and verify the store again")
    }
    if !isRepairing, hidden > 0 {
      remarks.append(
        "plans count \(counted(hidden, "damaged result")) as cached until 'cambium store verify --repair' sets "
          + "\(hidden == 1 ? "it" : "them") aside")
    }
    return remarks
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
