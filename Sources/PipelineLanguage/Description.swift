import Basics
import Definitions
import OrderedCollections

/// The checked content of a pipeline file: names resolved, defaults filled in, sweeps expanded.
///
/// A description depends only on the text and on `--set`. What depends on the data (the number of classes of a task,
/// the shapes of copied parameters) is checked by planning.
package struct Description: Sendable {
  package var name: String
  /// Every parameter's value, after `--set`.
  package var parameters: OrderedDictionary<String, Value>
  package var datasets: OrderedDictionary<String, Described<DatasetDefinition>>
  /// Networks of the `networks` section; a stage's network may also be defined inline.
  package var networks: OrderedDictionary<String, Described<NetworkDefinition>>
  /// Solvers of the `solvers` section, likewise.
  package var solvers: OrderedDictionary<String, Described<SolverDefinition>>
  /// The tasks of each split that lists classes in files, once for every version that repetitions of studies make of
  /// it. They must not have a class in common, which is checked by planning.
  package var divisions: [[TaskDefinition]]
  /// In the order of the file, each sweep in the order of its lists (the last one varies fastest).
  package var stages: [StageDescription]
  /// What is valid but probably not intended, by location in the file.
  package var warnings: [Diagnostic]

  package init(
    name: String, parameters: OrderedDictionary<String, Value>,
    datasets: OrderedDictionary<String, Described<DatasetDefinition>>,
    networks: OrderedDictionary<String, Described<NetworkDefinition>> = [:],
    solvers: OrderedDictionary<String, Described<SolverDefinition>> = [:],
    divisions: [[TaskDefinition]] = [], stages: [StageDescription], warnings: [Diagnostic] = []
  ) {
    self.name = name
    self.parameters = parameters
    self.datasets = datasets
    self.networks = networks
    self.solvers = solvers
    self.divisions = divisions
    self.stages = stages
    self.warnings = warnings
  }
}

/// A value and its location in the file.
package struct Described<Content: Sendable>: Sendable {
  package var content: Content
  package var span: SourceSpan

  package init(_ content: Content, at span: SourceSpan) {
    self.content = content
    self.span = span
  }
}

/// One stage, one point of a sweep.
///
/// A class, since pipelines with thousands of stages pass it on many times.
package final class StageDescription: Sendable {
  /// Unique in the pipeline: `A3B`.
  package let name: String
  /// The name as written in the file, shared by all points of a sweep: `${source}${n}B`.
  package let template: String
  /// The sweep's variables at this point.
  package let variables: OrderedDictionary<String, Value>
  /// Variables that the stage does not depend on: it serves several points of a study's repetition, which differ in
  /// them.
  package let independent: Set<String>
  package let work: any WorkDescription
  /// The location of the stage's name.
  package let span: SourceSpan

  package init(
    name: String, template: String, variables: OrderedDictionary<String, Value>,
    independent: Set<String> = [], work: any WorkDescription, span: SourceSpan
  ) {
    self.independent = independent
    self.name = name
    self.template = template
    self.variables = variables
    self.work = work
    self.span = span
  }

  /// The variables that it depends on.
  package var ownVariables: OrderedDictionary<String, Value> {
    independent.isEmpty ? variables : variables.filter { !independent.contains($0.key) }
  }

  /// The stage with the paths of all files resolved.
  package func resolvingPaths(_ resolve: (_ path: String) -> String) -> StageDescription {
    var work = work
    var isSame = true
    work.resolvePaths { path in
      isSame = false
      return resolve(path)
    }
    return isSame
      ? self
      : StageDescription(
        name: name, template: template, variables: variables, independent: independent,
        work: work, span: span)
  }
}

extension Description {
  /// The datasets whose images any stage reads, in the order of the stages: each is prepared by a stage of its own.
  package var datasetsRead: [String] {
    var seen: Set<String> = []
    return stages.compactMap(\.work.taskRead?.dataset).filter { seen.insert($0).inserted }
  }
}

/// The work of a stage: one type for each kind.
package protocol WorkDescription: Sendable {
  /// The names of the stages whose artifacts the stage reads.
  var stagesRead: [String] { get }
  /// What it trains, if it trains a network.
  var training: DescribedTraining? { get }
  /// What it measures, if it measures a network.
  var evaluation: EvaluateDescription? { get }
  /// The task whose images it reads; `nil` for none.
  var taskRead: TaskDefinition? { get }
  /// Which of that task's images it measures or observes; `nil` for stages that train, and those that read none.
  var subsetRead: Portion? { get }
  /// The file of weights that it reads; `nil` for none.
  var weightsFile: String? { get }
  /// Resolves the paths of all files.
  mutating func resolvePaths(_ resolve: (_ path: String) -> String)
}

extension WorkDescription {
  package var training: DescribedTraining? { nil }
  package var evaluation: EvaluateDescription? { nil }
  package var taskRead: TaskDefinition? { nil }
  package var subsetRead: Portion? { nil }
  package var weightsFile: String? { nil }
  package mutating func resolvePaths(_ resolve: (_ path: String) -> String) {}
}

/// How a stage trains a network, as needed by stages that depend on it.
package struct DescribedTraining: Sendable {
  package var task: TaskDefinition
  package var solver: SolverDefinition
  /// When it is measured during training; `nil` for never.
  package var validation: Described<ValidationRule>?
}

extension TaskDefinition {
  /// Resolves the path of the file that lists its classes.
  package mutating func resolvePath(_ resolve: (_ path: String) -> String) {
    guard case .listed(var file) = classes else { return }
    file.path = resolve(file.path)
    classes = .listed(file)
  }
}
