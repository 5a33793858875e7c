import ArtifactStore
import Basics
import Definitions
import PipelineLanguage

/// A source outside the pipeline file that no longer exists, and is planned with as the store recorded it.
package struct MissingSource: Hashable, Sendable {
  package var kind: OutsideSource.Kind
  /// The name of a dataset; the resolved path of a file.
  package var name: String

  package init(_ kind: OutsideSource.Kind, _ name: String) {
    self.kind = kind
    self.name = name
  }
}

extension MissingSource: CustomStringConvertible {
  /// `dataset 'photos'`.
  package var description: String {
    switch kind {
    case .dataset: "dataset '\(name)'"
    case .weights: "weights file '\(name)'"
    case .classes: "class list '\(name)'"
    }
  }
}

extension Plan {
  /// Whether a stage reads a source itself, rather than an artifact derived from it.
  private func reads(_ source: MissingSource, _ stage: PlannedStage) -> Bool {
    stage.work.source == source
  }

  /// The missing sources of the plan's stages. Class lists belong to no stage.
  package var missingSources: [MissingSource] {
    missing.filter { source in
      source.kind == .classes || stages.contains { reads(source, $0) }
    }
  }

  /// Checks that no stage has to read a missing source.
  ///
  /// - Throws: `DiagnosticError` that names the first stage of each missing source.
  package func requireSources() throws(DiagnosticError) {
    var problems: [Diagnostic] = []
    for source in missing {
      let readers = stages.filter { $0.status.isToRun && reads(source, $0) }
      guard let first = readers.first else { continue }
      let others = readers.count == 1 ? "" : " (and \(readers.count - 1) more)"
      problems.append(
        .error("stage '\(first.name)'\(others) must run and needs \(source), which does not exist"))
    }
    if !problems.isEmpty { throw DiagnosticError(problems) }
  }
}
