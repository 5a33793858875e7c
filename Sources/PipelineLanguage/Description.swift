import Basics
import Definitions
import OrderedCollections

/// What a pipeline file says, checked: names resolved, defaults filled in, sweeps expanded.
///
/// A description depends on the text and on `--set` alone. What needs the data (how many classes a
/// task has, whether copied shapes agree) is checked when planning.
package struct Description: Sendable {
  package var name: String
  /// Every parameter's value, after `--set`.
  package var parameters: OrderedDictionary<String, Value>
  package var datasets: OrderedDictionary<String, Described<DatasetDefinition>>
  /// Those of the `networks` section; a stage's network may also be written in place.
  package var networks: OrderedDictionary<String, Described<NetworkDefinition>>
  /// In the order of the file, each sweep in the order of its lists (the last one moving fastest).
  package var stages: [StageDescription]
  /// What is allowed but probably not meant, by place in the file.
  package var warnings: [Diagnostic]

  package init(
    name: String, parameters: OrderedDictionary<String, Value>,
    datasets: OrderedDictionary<String, Described<DatasetDefinition>>,
    networks: OrderedDictionary<String, Described<NetworkDefinition>> = [:],
    stages: [StageDescription], warnings: [Diagnostic] = []
  ) {
    self.name = name
    self.parameters = parameters
    self.datasets = datasets
    self.networks = networks
    self.stages = stages
    self.warnings = warnings
  }
}

/// A value and where the file says it.
package struct Described<Content: Sendable>: Sendable {
  package var content: Content
  package var span: SourceSpan

  package init(_ content: Content, at span: SourceSpan) {
    self.content = content
    self.span = span
  }
}

/// One stage, one point of a sweep.
package struct StageDescription: Sendable {
  /// Unique in the pipeline: `A3B`.
  package var name: String
  /// The name as the file writes it, which all points of a sweep share: `${source}${n}B`.
  package var template: String
  /// The sweep's variables at this point.
  package var variables: OrderedDictionary<String, Value>
  /// Those variables that the stage does not depend on: it serves several points of a study's repetition, which
  /// differ in them.
  package var independent: Set<String>
  package var work: any WorkDescription
  /// Where the stage's name stands.
  package var span: SourceSpan

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
}

/// What a stage does: one type for each kind.
package protocol WorkDescription: Sendable {
  /// The names of the stages whose artifacts the stage reads.
  var stagesRead: [String] { get }
  /// What it trains, where it trains a network.
  var training: DescribedTraining? { get }
  /// The task whose images it reads; `nil` for none.
  var taskRead: TaskDefinition? { get }
  /// The file of weights that it reads; `nil` for none.
  var weightsFile: String? { get }
  /// Gives all paths of files as they can be opened.
  mutating func resolvePaths(_ resolve: (_ path: String) -> String)
}

extension WorkDescription {
  package var training: DescribedTraining? { nil }
  package var taskRead: TaskDefinition? { nil }
  package var weightsFile: String? { nil }
  package mutating func resolvePaths(_ resolve: (_ path: String) -> String) {}
}

/// How a stage trains a network, as far as others build on it.
package struct DescribedTraining: Sendable {
  package var task: TaskDefinition
  package var solver: SolverDefinition
  /// When it is measured during training; `nil` for never.
  package var validation: Described<ValidationRule>?
}

extension TaskDefinition {
  /// Gives the path of the file that lists its classes as it can be opened.
  mutating func resolvePath(_ resolve: (_ path: String) -> String) {
    guard case .listed(var file) = classes else { return }
    file.path = resolve(file.path)
    classes = .listed(file)
  }
}
