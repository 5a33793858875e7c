import Basics
import Definitions

/// Resolved networks with their settings: the many stages of a study use few networks.
struct NetworkMemory {
  /// A network for given classes, its encoded value, and the fingerprint of the encoding. A class, since every stage that
  /// trains keeps one.
  final class Entry {
    let network: NetworkDefinition
    let encoding: [UInt8]
    let fingerprint: Fingerprint
    /// The network with any number of classes.
    let open: RunSettings.Section
    let parameters: [ParameterDefinition]
    /// Shapes of parameters, by name.
    let shapes: [String: [Int]]

    init(
      network: NetworkDefinition, encoding: [UInt8], open: RunSettings.Section,
      parameters: [ParameterDefinition]
    ) {
      self.network = network
      self.encoding = encoding
      fingerprint = Fingerprint(of: encoding)
      self.open = open
      self.parameters = parameters
      shapes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape) })
    }
  }

  private var known: [(network: NetworkDefinition, classes: Int, entry: Entry)] = []
  /// Looking up more than this is no faster than recomputing.
  private static let most = 64

  mutating func entry(_ network: NetworkDefinition, classes: Int) -> Entry {
    // Stages share the layers of a network in memory, which makes comparisons fast.
    for index in known.indices.reversed()
    where known[index].classes == classes && known[index].network == network {
      return known[index].entry
    }
    let resolved = network.resolved(classes: classes)
    let encoding = resolved.value.canonicalEncoding
    guard let parameters = try? resolved.parameters() else {
      preconditionFailure("the language checks that networks fit together")
    }
    let entry = Entry(
      network: resolved, encoding: encoding, open: RunSettings.Section(network.value),
      parameters: parameters)
    if known.count == NetworkMemory.most { known.removeFirst() }
    known.append((network, classes, entry))
    return entry
  }
}
