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

    /// The classes that a random division drew, whatever the names of division and task; `nil` if they are unknown, or
    /// the division is not random.
    var drawn: Properties? {
      guard classes != nil, case .random = division else { return nil }
      var common = seedless ?? self
      common.division = .random(seed: 0)
      common.task = ""
      return common == self ? nil : common
    }

    /// The same without seeds; `nil` if there are none.
    var seedless: Properties? {
      guard seed != 0 || !replicate.isEmpty else { return nil }
      var common = self
      common.seed = 0
      common.replicate = [:]
      return common
    }

    init(_ design: ReportEntry, replicate: [String: VariableValue]) {
      network = design.network
      split = design.split
      division = design.division
      task = design.target
      seed = design.seed
      examples = design.examples
      measuredOn = design.measuredOn
      classes = design.classes
      self.replicate = replicate
    }
  }

  private final class Content: Sendable {
    let properties: Properties
    let hash: Int
    /// The content without seeds; `nil` if it has none.
    let seedless: Content?
    /// That of the drawn classes; `nil` if it is the content without seeds.
    let drawn: Content?

    init(_ properties: Properties) {
      self.properties = properties
      hash = properties.hashValue
      seedless = properties.seedless.map { Content($0) }
      drawn = properties.drawn.map { Content($0) }
    }

    init(_ properties: Properties, hash: Int, seedless: Content?, drawn: Content?) {
      self.properties = properties
      self.hash = hash
      self.seedless = seedless
      self.drawn = drawn
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

  package init(_ design: ReportEntry) {
    self.init(design, replicate: RunVariables(design.variables).replicate)
  }

  /// - Parameter replicate: the variables of the design that distinguish replicates.
  init(_ design: ReportEntry, replicate: [String: VariableValue]) {
    content = Content(Properties(design, replicate: replicate))
  }

  /// The targets of many runs, each once in memory.
  struct Pool {
    private var known: Set<Target> = []

    mutating func target(of design: ReportEntry, replicate: [String: VariableValue]) -> Target {
      shared(Properties(design, replicate: replicate))
    }

    private mutating func shared(_ properties: Properties) -> Target {
      let hash = properties.hashValue
      let own = Target(Content(properties, hash: hash, seedless: nil, drawn: nil))
      if let position = known.firstIndex(of: own) { return known[position] }
      let seedless = properties.seedless.map { shared($0).content }
      let drawn = properties.drawn.map { shared($0).content }
      let target = Target(Content(properties, hash: hash, seedless: seedless, drawn: drawn))
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
  var drawnTask: Target { content.drawn.map(Target.init) ?? withoutSeed }

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
