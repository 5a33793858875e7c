import ArtifactStore
import Basics
import Planning
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
    /// The finished training run that its layers were copied from, before any phases; `nil` also if the report does not
    /// read it.
    package var origin: StoredArtifact?

    package init(
      result: RunResult, evaluation: StoredArtifact? = nil, network: StoredArtifact? = nil,
      origin: StoredArtifact? = nil
    ) {
      self.result = result
      self.evaluation = evaluation
      self.network = network
      self.origin = origin
    }
  }

  /// See `StudyResults`.
  package var name: String
  package var origin: String
  package var chance: ChanceJudgement
  package var runs: [Run]
  /// Analyses of networks, finished ones alone.
  package var analyses: [AnalysedNetwork] = []
  /// Those without a result, and why.
  package var missingAnalyses: [(stage: String, reason: String)] = []
  /// Records of the datasets that networks were trained and measured on, by the fingerprints of their prepare stages.
  package var preparations: [Fingerprint: StageRecord]
  /// Records of the networks that layers were copied from, by the fingerprints of their stages.
  package var sources: [Fingerprint: StageRecord]
  private let fileSystem: any FileSystem
  private let refusal: Refusal
  /// Whether the run that reads the artifacts has compared them with their records.
  private let isVerified: Bool

  /// Turns the problem with the content of an artifact's file into the error to throw.
  package typealias Refusal =
    @Sendable (
      _ file: ArtifactFile, _ artifact: StoredArtifact, _ problem: DiagnosticError
    ) -> any Error

  /// - Parameters:
  ///   - isVerified: whether the run that reads the artifacts has compared them with their records.
  ///   - refusal: by default, the problem is the error.
  package init(
    name: String, origin: String, chance: ChanceJudgement = .measured, runs: [Run],
    preparations: [Fingerprint: StageRecord] = [:], sources: [Fingerprint: StageRecord] = [:],
    fileSystem: any FileSystem, isVerified: Bool = true,
    refusal: @escaping Refusal = { _, _, problem in problem }
  ) {
    self.name = name
    self.origin = origin
    self.chance = chance
    self.runs = runs
    self.preparations = preparations
    self.sources = sources
    self.fileSystem = fileSystem
    self.isVerified = isVerified
    self.refusal = refusal
  }

  package var results: StudyResults {
    StudyResults(
      name: name, origin: origin, runs: runs.map(\.result), chance: chance, remarks: remarks)
  }

  private var remarks: [ResultWarning] {
    var remarks: [ResultWarning] = []
    if !missingAnalyses.isEmpty {
      remarks.append(
        .missingAnalyses(
          stages: missingAnalyses.map(\.stage), reasons: missingAnalyses.map(\.reason)))
    }
    let open = analyses.flatMap { analysis in
      (analysis.kind == .probe ? ProbeResult(metrics: analysis.artifact.record.metrics) : nil)
        .map { result in
          result.rows.filter { !$0.isConverged }.map {
            "\($0.classifier) on \($0.layer) in \(analysis.name)"
          }
        } ?? []
    }
    if !open.isEmpty { remarks.append(.notConverged(open)) }
    return remarks
  }

  /// A result of a stage, verified against its record; `nil` if the stage has none.
  ///
  /// - Throws: what `refusal` makes of a damaged file, or one that cannot be used; `DiagnosticError` if it cannot be
  ///   read.
  package func result<Result: ResultFile>(
    _ type: Result.Type, of artifact: StoredArtifact
  ) throws -> Result? {
    try using(Result.file, of: artifact) { path throws(DiagnosticError) in
      let bytes = try fileSystem.read(path)
      guard artifact.digest(of: Result.file) == Fingerprint(of: bytes) else {
        throw DiagnosticError.damagedOutput(Result.file.name, of: artifact.record)
      }
      return try artifact.result(type, from: bytes)
    }
  }

  /// Compares a large file with its record, unless the run has done so.
  func verify(
    _ file: ArtifactFile, of artifact: StoredArtifact, at path: FilePath
  ) throws(DiagnosticError) {
    guard !isVerified, try artifact.digest(of: file) != fileSystem.digest(of: path).digest else {
      return
    }
    throw DiagnosticError.damagedOutput(file.name, of: artifact.record)
  }

  /// Uses a file of an artifact; `nil` if the artifact has no such file.
  ///
  /// - Throws: what `refusal` makes of an error that is due to the file's content; other errors of `body`.
  func using<Content>(
    _ file: ArtifactFile, of artifact: StoredArtifact,
    _ body: (FilePath) throws(DiagnosticError) -> Content
  ) throws -> Content? {
    guard let path = artifact[file] else { return nil }
    do throws(DiagnosticError) { return try body(path) } catch {
      guard error.systemReason == nil || error.indicatesDamage else { throw error }
      throw refusal(file, artifact, error)
    }
  }
}
