import ArtifactStore
import Basics
import Definitions
import PipelineLanguage

/// Something that a pipeline reads outside of its file, and that is not there any more: planned with as the store
/// knew it.
package struct MissingSource: Hashable, Sendable {
  package var kind: OutsideSource.Kind
  /// A dataset's name; a file's path as it could be opened.
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
  /// Whether a stage reads a source itself, and not what others have made of it.
  private func reads(_ source: MissingSource, _ stage: PlannedStage) -> Bool {
    stage.work.source == source
  }

  /// What is missing of what the plan's stages were made from. Lists of classes belong to no stage.
  package var missingSources: [MissingSource] {
    missing.filter { source in
      source.kind == .classes || stages.contains { reads(source, $0) }
    }
  }

  /// Makes sure that no stage has to read what is not there.
  ///
  /// - Throws: `DiagnosticError` that names the first stage of each missing source.
  package func requireSources() throws(DiagnosticError) {
    var problems: [Diagnostic] = []
    for source in missing {
      let readers = stages.filter { $0.status != .cached && reads(source, $0) }
      guard let first = readers.first else { continue }
      let others = readers.count == 1 ? "" : " (and \(readers.count - 1) more)"
      problems.append(
        .error("stage '\(first.name)'\(others) must run and needs \(source), which does not exist"))
    }
    if !problems.isEmpty { throw DiagnosticError(problems) }
  }
}
