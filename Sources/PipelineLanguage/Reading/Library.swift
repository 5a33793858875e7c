import Definitions

/// The definitions that stages and studies refer to.
struct Library {
  private(set) var datasets: Catalogue<LocatedDataset>
  private(set) var splits: Catalogue<Split>
  private(set) var networks: Catalogue<CheckedNetwork>
  private(set) var solvers: Catalogue<SolverDefinition>

  /// Reads the sections of a pipeline.
  init(_ sections: inout PipelineSections, scope: Scope) {
    let isBroken = sections.isBroken
    let known = Catalogue<LocatedDataset>(
      sections.fields("datasets", scope: scope), kind: "datasets", singular: "dataset",
      isBroken: isBroken, LocatedDataset.read)
    datasets = known
    splits = Catalogue(
      sections.fields("splits", scope: scope), kind: "splits", singular: "split",
      isBroken: isBroken
    ) { Split.read($0, $1, datasets: known) }
    networks = Catalogue(
      sections.fields("networks", scope: scope), kind: "networks", singular: "network",
      isBroken: isBroken, CheckedNetwork.read)
    solvers = Catalogue(
      sections.fields("solvers", scope: scope), kind: "solvers", singular: "solver",
      isBroken: isBroken, SolverDefinition.read)
  }

  var tasks: Tasks { Tasks(datasets: datasets, splits: splits) }

  /// The number of values that are read again if parameters of these names change.
  func size(referringTo names: Set<String>) -> Int {
    datasets.size(referringTo: names) + splits.size(referringTo: names)
      + networks.size(referringTo: names) + solvers.size(referringTo: names)
  }

  /// The same definitions with different values of parameters.
  func rebound(to parameters: [String: Binding]) -> Library {
    guard !parameters.isEmpty else { return self }
    var result = self
    result.datasets = datasets.rebound(to: parameters)
    result.splits = splits.rebound(to: parameters)
    result.networks = networks.rebound(to: parameters)
    result.solvers = solvers.rebound(to: parameters)
    return result
  }
}
