import ArtifactStore
import Basics
import Results
import SystemPackage

/// What a report is made from: each run's result, and the artifacts that hold its details.
package struct ReportSource: Sendable {
  package struct Run: Sendable {
    package var result: RunResult
    /// The finished evaluation; `nil` where it is missing, or the result comes from elsewhere.
    package var evaluation: StoredArtifact?
    /// The finished training of the network that is evaluated; `nil` likewise.
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
  /// What is recorded of the datasets that networks were trained and measured on, by the fingerprints of the stages
  /// that prepared them.
  package var preparations: [Fingerprint: StageRecord]
  /// What is recorded of the networks that layers were copied from, by the fingerprints of the stages that trained them.
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

  /// A value that a stage has left, its file compared with what was recorded; `nil` where it left none.
  ///
  /// - Throws: `DiagnosticError` for a file that cannot be read, or is damaged.
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
