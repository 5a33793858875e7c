import ArtifactStore
import Basics
import Planning

/// Draws the figures of finished stages of some kinds. The program's registry lists all of them.
package struct StageFigures: Sendable {
  package let kinds: Set<StageKind>
  private let draw: @Sendable (FinishedStage) throws(DiagnosticError) -> [Figure]

  /// - Parameter draw: may return figures with duplicate names; throws if a file cannot be read.
  package init(
    _ kinds: Set<StageKind>,
    draw: @escaping @Sendable (FinishedStage) throws(DiagnosticError) -> [Figure]
  ) {
    self.kinds = kinds
    self.draw = draw
  }

  /// The stage to be drawn.
  package struct FinishedStage {
    package let name: String
    package let artifact: StoredArtifact
    package let filters: any FilterReader
    package let fileSystem: any FileSystem
    /// What it compares, where it compares two things: the names of two stages, or of one before and after training.
    package let sides: (String, String)?

    package init(
      name: String, artifact: StoredArtifact, filters: any FilterReader,
      fileSystem: any FileSystem, sides: (String, String)? = nil
    ) {
      self.name = name
      self.artifact = artifact
      self.filters = filters
      self.fileSystem = fileSystem
      self.sides = sides
    }

    /// The stage's name as part of the name of a file.
    var fileName: String { Figure.fileName(name) }
  }

  /// The figures of a stage, with unique names.
  ///
  /// - Throws: `DiagnosticError` if a file cannot be read.
  package func figures(of stage: FinishedStage) throws(DiagnosticError) -> [Figure] {
    Figure.uniquelyNamed(try draw(stage))
  }
}

extension [StageFigures] {
  /// The figures for a kind of stage.
  ///
  /// - Throws: `DiagnosticError` for kinds without figures.
  package func figures(
    for kind: StageKind, named name: String
  ) throws(DiagnosticError) -> StageFigures {
    if let figures = first(where: { $0.kinds.contains(kind) }) { return figures }
    guard kind == .report else {
      throw DiagnosticError("'\(name)' is a \(kind.rawValue) stage, which has no figures")
    }
    throw DiagnosticError(
      "'\(name)' is a report: 'show --figures' draws trained and evaluated stages",
      notes: [.init("'cambium report FILE -o DIR' writes the figures of a report")])
  }
}
