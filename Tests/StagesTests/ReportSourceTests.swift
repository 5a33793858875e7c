import ArtifactStore
import Basics
import Definitions
import Planning
import Reporting
import Results
import Stages
import TestSupport
import Testing

/// What is reported of a study that has run, has run in part, or failed.
@Suite struct ReportSourceTests {
  private func source(_ study: Study, _ plan: Plan) throws -> ReportSource {
    try ReportSource(
      name: "small", origin: "tests",
      of: plan.stages.filter { $0.kind == .evaluate }.map(\.name), in: plan, from: study.store,
      fileSystem: LocalFileSystem())
  }

  private func run(_ name: String, of source: ReportSource) throws -> ReportSource.Run {
    try #require(source.runs.first { $0.result.name == name })
  }

  @Test func whatHasNotRunIsMissing() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan()
      _ = try await study.run(study.plan(only: ["test-base-A", "A2B"]))
      let source = try source(study, plan)
      #expect(source.runs.count == 7)

      let base = try run("test-base-A", of: source)
      #expect(base.result.measure != nil)
      #expect(source.preparations.count == 1)
      #expect(
        source.preparations.values.first.flatMap { PackedSummary(metrics: $0.metrics) }?.skipped
          == [])
      let network = try #require(base.network)
      let evaluation = try #require(base.evaluation)
      #expect(network[.weights] != nil)
      let details = try #require(try source.result(EvaluationDetails.self, of: evaluation))
      #expect(details.result == (try EvaluationResult(of: evaluation.record)))
      #expect(details.classes.images == details.result.images)
      #expect(try source.result(LoadReport.self, of: evaluation) == nil)

      // Trained, but not measured.
      let transfer = try run("test-A2B", of: source)
      #expect(transfer.result.outcome == .missing("it has not been measured"))
      #expect(transfer.network != nil && transfer.evaluation == nil)
      let other = try run("test-B2B", of: source)
      #expect(other.result.outcome == .missing("its network has not been trained"))
      #expect(other.network == nil)
      let warnings = Analysis(source.results).warnings
      #expect(
        warnings.contains { if case .missing(let runs) = $0 { runs.count == 6 } else { false } })
    }
  }

  @Test func aDivergedTrainingIsTold() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan(settings: [(key: "slow-rate", value: "1e30")])
      _ = try await study.run(plan)
      let source = try source(study, plan)
      guard case .diverged(let reason) = try run("test-A2B+", of: source).result.outcome else {
        Issue.record("A2B+ diverges")
        return
      }
      #expect(reason.contains("the loss became"))
      #expect(try run("test-A2B", of: source).evaluation != nil)
      // With another rate it is another training, which has not run.
      let sound = try self.source(study, study.plan())
      #expect(
        try run("test-A2B+", of: sound).result.outcome
          == .missing("its network has not been trained"))
    }
  }

  /// Neither an analysis that has not run, nor a classifier that was not fitted to the end, goes without saying.
  @Test func unfinishedAnalysesAreWarnedOf() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text =
        smallStudy + "\n  p: {probe: {network: base-A, layers: conv2, classifier: ridge}}\n"
      let plan = try study.plan(text)
      func source() throws -> ReportSource {
        try ReportSource(
          name: "small", origin: "tests", of: ["test-base-A"], analyses: ["p"], in: plan,
          from: study.store, fileSystem: LocalFileSystem())
      }
      _ = try await study.run(study.plan(text, only: ["test-base-A"]))
      #expect(
        try Analysis(source().results).warnings.map { "\($0)" }.contains(
          "1 analysis of networks is missing (it has not run): p"))
      _ = try await study.run(study.plan(text, only: ["p"]))
      var probed = try source()
      let sound = Analysis(probed.results).warnings.map { "\($0)" }
      #expect(!sound.contains { $0.contains("missing") || $0.contains("converge") }, "\(sound)")
      let record = probed.analyses[0].artifact.record
      var result = try #require(ProbeResult(metrics: record.metrics))
      result.rows[0].isConverged = false
      probed.analyses[0].artifact.record.metrics = result.metrics
      #expect(
        Analysis(probed.results).warnings.map { "\($0)" }.contains(
          "1 classifier did not converge, so that its accuracy is lower than it could be: ridge on conv2 in p"
        ))
    }
  }

  @Test func aDamagedFileIsNotUsed() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan(only: ["test-base-A"])
      _ = try await study.run(plan)
      let source = try source(study, plan)
      var evaluation = try #require(source.runs.first?.evaluation)
      let copy = folder.appending("copy.json")
      try LocalFileSystem().write("{}", to: copy)
      evaluation.files[EvaluationDetails.file.name] = copy
      #expect(throws: DiagnosticError.self) {
        try source.result(EvaluationDetails.self, of: evaluation)
      }
    }
  }

  @Test func theStageMakesWhatTheSourceTells() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan()
      let summary = try await study.run(plan)
      let artifact = try #require(summary.outcome(of: "table")?.artifact)
      let source = try source(study, plan)
      let analysis = Analysis(source.results)
      let files = try reportFiles(of: source, analysis)
      #expect(Set(artifact.files.keys) == Set(files.keys))
      // Which name where the results come from, which is another here.
      let named: Set = ["runs.json", "analysis.json", ArtifactFile.reportPage.name]
      for (name, path) in artifact.files where !named.contains(name) {
        #expect(try LocalFileSystem().read(path) == files[name]?.bytes(), "\(name)")
      }
      #expect(artifact.record.metrics["runs"] == 7)
      #expect(artifact.record.inputs.count == 14)
    }
  }
}
