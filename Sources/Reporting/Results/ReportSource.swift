import ArtifactStore
import Basics
import Results
import SystemPackage

/// The input of a report: the result of each run, and the artifacts with its details.
package struct ReportSource: Sendable {
  package struct Run: Sendable {
    package var result: RunResult
    /// The finished evaluation; `nil` if it is missing, or the result comes from another tool.
    package var evaluation: StoredArtifact?
    /// The finished training run of the evaluated network; `nil` in the same cases.
    package var network: StoredArtifact?

    package init(
      result: RunResult, evaluation: StoredArtifact? = nil, network: StoredArtifact? = nil
    ) {
      self.result = result
      self.evaluation = evaluation
      self.network = network
    }
  }

  /// See `StudyResults`.
  package var name: String
  package var origin: String
  package var chance: ChanceJudgement
  package var runs: [Run]
  /// Records of the datasets that networks were trained and measured on, by the fingerprints of their prepare stages.
  package var preparations: [Fingerprint: StageRecord]
  /// Records of the networks that layers were copied from, by the fingerprints of their stages.
  package var sources: [Fingerprint: StageRecord]
  private let fileSystem: any FileSystem

  package init(
    name: String, origin: String, chance: ChanceJudgement = .measured, runs: [Run],
    preparations: [Fingerprint: StageRecord] = [:], sources: [Fingerprint: StageRecord] = [:],
    fileSystem: any FileSystem
  ) {
    self.name = name
    self.origin = origin
    self.chance = chance
    self.runs = runs
    self.preparations = preparations
    self.sources = sources
    self.fileSystem = fileSystem
  }

  package var results: StudyResults {
    StudyResults(name: name, origin: origin, runs: runs.map(\.result), chance: chance)
  }

  /// A result of a stage, verified against its record; `nil` if the stage has none.
  ///
  /// - Throws: `DiagnosticError` if the file cannot be read or is damaged.
  package func result<Result: ResultFile>(
    _ type: Result.Type, of artifact: StoredArtifact
  ) throws(DiagnosticError) -> Result? {
    guard let path = artifact[Result.file] else { return nil }
    let bytes = try fileSystem.read(path)
    guard artifact.digest(of: Result.file) == Fingerprint(of: bytes) else {
      throw DiagnosticError(
        "'\(Result.file.name)' of stage '\(artifact.record.stage)' is damaged",
        notes: [.init("the next run computes it again")], cause: .damagedInput)
    }
    return try artifact.result(type, from: bytes)
  }
}
