import Planning

/// Where a run is in the design of its study.
struct RunPlace: Sendable {
  let target: Target
  let cell: Shared<ReportEntry.Cell>
  let variables: RunVariables

  init(_ design: ReportEntry) {
    variables = RunVariables(design.variables)
    target = Target(design, replicate: variables.replicate)
    cell = Shared(design.cell)
  }

  private init(_ target: Target, _ cell: Shared<ReportEntry.Cell>, _ variables: RunVariables) {
    self.target = target
    self.cell = cell
    self.variables = variables
  }

  /// The places of many runs, with everything in them once in memory.
  struct Pool {
    private var targets = Target.Pool()
    private var cells = Shared<ReportEntry.Cell>.Pool()

    /// - Parameter variables: those of the design, whose settings are of a pool.
    mutating func place(of design: ReportEntry, _ variables: RunVariables) -> RunPlace {
      RunPlace(
        targets.target(of: design, replicate: variables.replicate), cells.share(design.cell),
        variables)
    }
  }
}
