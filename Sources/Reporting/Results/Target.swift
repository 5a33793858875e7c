import Basics
import Planning

/// The unit of comparison: two runs on the same target differ only in their treatment.
///
/// Large studies look up targets by the million; hashing eight properties each time took most of the time of reading
/// 100,000 runs. The hash value is therefore computed once, and copies share one content.
package struct Target: Hashable, Sendable {
  private struct Properties: Hashable {
    var network: String?
    var split: String
    var division: ClassDivision
    var task: String
    var seed: UInt64
    var examples: Int?
    var measuredOn: String?
    var classes: Fingerprint?
    var replicate: [String: VariableValue]

    /// The same without seeds; `nil` if there are none.
    var seedless: Properties? {
      guard seed != 0 || !replicate.isEmpty else { return nil }
      var common = self
      common.seed = 0
      common.replicate = [:]
      return common
    }

    init(_ design: ReportEntry) {
      let isReplicated = design.variables.contains { $0.value.role == .replicate }
      network = design.network
      split = design.split
      division = design.division
      task = design.target
      seed = design.seed
      examples = design.examples
      measuredOn = design.measuredOn
      classes = design.classes
      replicate =
        isReplicated
        ? design.variables.filter { $0.value.role == .replicate }.mapValues(\.content) : [:]
    }
  }

  private final class Content: Sendable {
    let properties: Properties
    let hash: Int
    /// The content without seeds; `nil` if it has none.
    let seedless: Content?

    init(_ properties: Properties) {
      self.properties = properties
      hash = properties.hashValue
      seedless = properties.seedless.map { Content($0) }
    }

    init(_ properties: Properties, hash: Int, seedless: Content?) {
      self.properties = properties
      self.hash = hash
      self.seedless = seedless
    }
  }

  private let content: Content

  package var network: String? { content.properties.network }
  package var split: String { content.properties.split }
  package var division: ClassDivision { content.properties.division }
  package var task: String { content.properties.task }
  package var seed: UInt64 { content.properties.seed }
  package var examples: Int? { content.properties.examples }
  package var measuredOn: String? { content.properties.measuredOn }
  /// Identifies the task's classes, in any order; `nil` if unknown.
  package var classes: Fingerprint? { content.properties.classes }
  /// What distinguishes replicates besides division and seed, by name.
  package var replicate: [String: VariableValue] { content.properties.replicate }

  private init(_ content: Content) { self.content = content }

  package init(_ design: ReportEntry) { content = Content(Properties(design)) }

  /// The targets of many runs, each once in memory.
  struct Pool {
    private var known: Set<Target> = []

    mutating func target(of design: ReportEntry) -> Target { shared(Properties(design)) }

    private mutating func shared(_ properties: Properties) -> Target {
      let hash = properties.hashValue
      let own = Target(Content(properties, hash: hash, seedless: nil))
      if let position = known.firstIndex(of: own) { return known[position] }
      let seedless = properties.seedless.map { shared($0).content }
      let target = Target(Content(properties, hash: hash, seedless: seedless))
      known.insert(target)
      return target
    }
  }

  package static func == (first: Target, second: Target) -> Bool {
    first.content === second.content
      || first.content.hash == second.content.hash
        && first.content.properties == second.content.properties
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(content.hash) }

  /// The same target for all training seeds.
  var withoutSeed: Target { content.seedless.map(Target.init) ?? self }

  /// What a random division draws: the classes, whatever the names of division and task, since two seeds may produce
  /// the same division; the names if the classes are unknown.
  var drawnTask: Target {
    var properties = withoutSeed.content.properties
    guard properties.classes != nil, case .random = properties.division else { return withoutSeed }
    properties.division = .random(seed: 0)
    properties.task = ""
    return Target(Content(properties))
  }

  /// The same for any number of training images.
  var withoutExamples: Target {
    var properties = content.properties
    guard properties.examples != nil else { return self }
    properties.examples = nil
    return Target(Content(properties))
  }

  /// The label in tables, in the notation of the paper's authors: `0B` is task B of halving 0. The training seed
  /// follows if it is neither 0 nor that of the halving.
  package var label: String {
    replicate.isEmpty ? ownLabel : "\(ownLabel), \(replicate.text)"
  }

  private var ownLabel: String {
    guard case .random(let halving) = division else {
      return seed == 0 ? task : "\(task) (seed \(seed))"
    }
    let name = task.count <= 2 ? "\(halving)\(task)" : "\(task) of division \(halving)"
    return seed == 0 || seed == halving ? name : "\(name) (seed \(seed))"
  }

  /// The task in headings, where the short notation may be unknown.
  package var heading: String {
    guard case .random(let halving) = division else { return "task \(task)" }
    return "task \(task) of division \(halving)"
  }
}
