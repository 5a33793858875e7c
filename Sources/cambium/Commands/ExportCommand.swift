import ArgumentParser

/// `cambium export …`
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes results for other programs: weights, measurements, predictions or features.",
    discussion: "'cambium export FILE STAGE… -o DIR' is short for 'cambium export weights …'.",
    subcommands: [
      ExportWeightsCommand.self, ExportMetricsCommand.self, ExportPredictionsCommand.self,
      ExportFeaturesCommand.self,
    ],
    defaultSubcommand: ExportWeightsCommand.self)
}
