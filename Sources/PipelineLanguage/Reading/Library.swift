import Definitions

/// The definitions that stages and studies refer to.
struct Library {
  private(set) var datasets: Catalogue<DatasetDefinition>
  private(set) var splits: Catalogue<Split>
  private(set) var networks: Catalogue<CheckedNetwork>
  private(set) var solvers: Catalogue<SolverDefinition>

  /// Reads the sections of a file.
  init(datasets: Field?, splits: Field?, networks: Field?, solvers: Field?) {
    let known = Catalogue<DatasetDefinition>(
      datasets, kind: "datasets", singular: "dataset", DatasetDefinition.read)
    self.datasets = known
    self.splits = Catalogue(splits, kind: "splits", singular: "split") {
      Split.read($0, $1, datasets: known)
    }
    self.networks = Catalogue(
      networks, kind: "networks", singular: "network", CheckedNetwork.read)
    self.solvers = Catalogue(solvers, kind: "solvers", singular: "solver", SolverDefinition.read)
  }

  var tasks: Tasks { Tasks(datasets: datasets, splits: splits) }

  /// The same definitions where parameters have other values.
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
