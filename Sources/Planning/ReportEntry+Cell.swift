import Definitions

extension ReportEntry {
  /// The common properties of runs in one table, whatever their treatment and settings.
  package struct Scope: Hashable, Sendable {
    /// Tasks that may be pooled.
    package enum Tasks: Hashable, Sendable {
      /// Any task of a random division.
      case random
      case listed(String)
      case whole(String)
    }

    package var network: String?
    package var split: String
    package var tasks: Tasks
    package var examples: Int?
    package var measuredOn: String?
    package var score: String?

    package init(
      network: String?, split: String, tasks: Tasks, examples: Int?, measuredOn: String?,
      score: String?
    ) {
      self.network = network
      self.split = split
      self.tasks = tasks
      self.examples = examples
      self.measuredOn = measuredOn
      self.score = score
    }
  }

  /// The common properties of runs that a mean is taken over, apart from their settings: scope, treatment and n.
  package struct Cell: Hashable, Sendable {
    package var scope: Scope
    package var kind: TreatmentKind
    package var crossesTasks: Bool
    package var preserved: Int
    package var phases: String?
    /// `nil` if tasks are interchangeable.
    package var source: String?
    package var depth: Int

    /// The same for any limit on examples: curves over them are drawn of these.
    package var pool: Cell {
      var cell = self
      cell.scope.examples = nil
      return cell
    }

    /// The same, whether or not in phases: training in phases is compared with training at once.
    package var atOnce: Cell {
      var cell = pool
      cell.phases = nil
      return cell
    }
  }

  package var scope: Scope {
    let tasks: Scope.Tasks =
      switch division {
      case .random: .random
      case .listed: .listed(target)
      case .whole: .whole(target)
      }
    return Scope(
      network: network, split: split, tasks: tasks, examples: examples, measuredOn: measuredOn,
      score: score)
  }

  package var cell: Cell {
    let scope = scope
    return Cell(
      scope: scope, kind: kind, crossesTasks: crossesTasks, preserved: preserved,
      phases: phases, source: scope.tasks == .random ? nil : source, depth: depth)
  }

  /// Whether layers come from a task other than the target.
  package var crossesTasks: Bool { source.map { $0 != target } ?? false }
}
