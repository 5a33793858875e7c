import Basics
import Definitions

/// Networks made definite, each with its settings: few networks serve the many stages of a study.
struct NetworkMemory {
  /// A network with its classes, its value encoded, and the fingerprint of that.
  struct Entry {
    var network: NetworkDefinition
    var encoding: [UInt8]
    var fingerprint: Fingerprint
    /// The network with as many units as there are classes, whatever their number.
    var open: RunSettings.Section
    var parameters: [ParameterDefinition]
    /// Of the parameters, by name.
    var shapes: [String: [Int]]
  }

  private var known: [(network: NetworkDefinition, classes: Int, entry: Entry)] = []
  /// More than these are looked up no faster than they are made.
  private static let most = 64

  mutating func entry(_ network: NetworkDefinition, classes: Int) -> Entry {
    // Stages share a network's layers in memory, which makes them quick to compare.
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
