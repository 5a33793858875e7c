import ArtifactStore
import Definitions
import Planning
import Stages

/// Speeds for planning a cluster's work: those that its tasks measured, then those of this machine.
struct ClusterSpeeds: SpeedBook {
  let cluster: StoreSpeeds
  let own: StoreSpeeds

  init(store: Store) {
    cluster = StoreSpeeds(store: store, processor: .cluster)
    own = StoreSpeeds(store: store)
  }

  func speeds(of network: NetworkDefinition) throws -> [MeasuredSpeed] {
    try cluster.speeds(of: network) + own.speeds(of: network)
  }
}

extension Processor {
  /// Stands for whatever nodes have.
  static let cluster = Processor(model: "nodes of a cluster", cores: 0)
}
