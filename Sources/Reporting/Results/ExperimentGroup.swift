import Planning

/// The runs of one experiment, and what they have in common.
struct ExperimentGroup {
  /// Runs with equal keys are one experiment.
  struct Key: Hashable {
    enum Tasks: Hashable {
      /// Any task of a random division.
      case random
      case listed(String)
      case whole(String)
    }

    var network: String?
    var split: String
    var tasks: Tasks
    var examples: Int?
    var measuredOn: String?

    init(_ design: ReportEntry) {
      network = design.network
      split = design.split
      examples = design.examples
      measuredOn = design.measuredOn
      tasks =
        switch design.division {
        case .random: .random
        case .listed: .listed(design.target)
        case .whole: .whole(design.target)
        }
    }
  }

  let key: Key
  private(set) var bases: [RunResult] = []
  /// All other runs.
  private(set) var treated: [RunResult] = []
  /// The tasks of other groups of the same split whose runs have layers from here.
  fileprivate(set) var isSourceElsewhere = false

  init(_ key: Key) { self.key = key }

  mutating func add(_ run: RunResult) {
    if run.design.kind == .base { bases.append(run) } else { treated.append(run) }
  }

  /// Tasks other than the target that layers come from, by name.
  var sources: [String] {
    Set(treated.compactMap { Treatment($0.design).crossesTasks ? $0.design.source : nil }).sorted()
  }

  /// The groups of a study in the order of their first run, without those that are told of elsewhere:
  /// bases that only give layers, and bases with limits on their examples.
  static func groups(of runs: [RunResult]) -> [ExperimentGroup] {
    var groups: [ExperimentGroup] = []
    var positions: [Key: Int] = [:]
    for run in runs {
      let key = Key(run.design)
      let position = positions[key] ?? groups.count
      if position == groups.count {
        positions[key] = position
        groups.append(ExperimentGroup(key))
      }
      groups[position].add(run)
    }
    // A listed task that gives layers to another one need not be a target itself.
    for group in groups {
      guard case .listed = group.key.tasks else { continue }
      for source in group.sources {
        var key = group.key
        key.tasks = .listed(source)
        if let position = positions[key] { groups[position].isSourceElsewhere = true }
      }
    }
    return groups.filter {
      !$0.treated.isEmpty || $0.key.examples == nil && !$0.isSourceElsewhere
    }
  }
}
