import Basics
import Definitions

/// Resolved networks with their settings: the many stages of a study use few networks.
struct NetworkMemory {
  /// A network for given classes, its encoded value, and the fingerprint of the encoding.
  struct Entry {
    var network: NetworkDefinition
    var encoding: [UInt8]
    var fingerprint: Fingerprint
    /// The network with any number of classes.
    var open: RunSettings.Section
    var parameters: [ParameterDefinition]
    /// Shapes of parameters, by name.
    var shapes: [String: [Int]]
  }

  private var known: [(network: NetworkDefinition, classes: Int, entry: Entry)] = []
  /// Looking up more than this is no faster than recomputing.
  private static let most = 64

  mutating func entry(_ network: NetworkDefinition, classes: Int) -> Entry {
    // Stages share the layers of a network in memory, which makes comparisons fast.
    if let found = known.last(where: { $0.classes == classes && $0.network == network }) {
      return found.entry
    }
    let resolved = network.resolved(classes: classes)
    let encoding = resolved.value.canonicalEncoding
    guard let parameters = try? resolved.parameters() else {
      preconditionFailure("the language checks that networks fit together")
    }
    let entry = Entry(
      network: resolved, encoding: encoding,
      fingerprint: Fingerprint(of: encoding), open: RunSettings.Section(network.value),
      parameters: parameters,
      shapes: Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape) }))
    if known.count == NetworkMemory.most { known.removeFirst() }
    known.append((network, classes, entry))
    return entry
  }
}
