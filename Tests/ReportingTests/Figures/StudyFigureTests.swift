import ArtifactStore
import Basics
import Planning
import Reporting
import Results
import SystemPackage
import TestSupport
import Testing

/// Figures of single networks say which these are.
@Suite struct StudyFigureTests {
  private let fileSystem = MemoryFileSystem()

  private func artifact<Result: ResultFile>(
    _ stage: String, _ kind: String, _ result: Result
  ) throws -> StoredArtifact {
    let path = FilePath("/\(stage)-\(Result.file.name)")
    try fileSystem.write(result.contents, to: path)
    let record = StageRecord(
      fingerprint: Fingerprint(of: stage), stage: stage, pipeline: "p", kind: kind, revision: 1,
      settings: [:], inputs: [:],
      outputs: [
        Result.file.name: StoredObject(
          digest: Fingerprint(of: result.contents), size: result.contents.count)
      ], metrics: [:], provenance: [:], started: 0, seconds: 0)
    return StoredArtifact(record: record, files: [Result.file.name: path])
  }

  /// A finished run with its training curve and its classes.
  private func finished(_ result: RunResult) throws -> ReportSource.Run {
    let classes = try #require(ClassResults(classes: ["a", "b"], confusion: [[7, 3], [2, 8]]))
    let details = EvaluationDetails(
      result: EvaluationResult(images: 20, top1: 0.75, top5: 1, loss: 0.5, didNotTrain: false),
      classes: classes)
    let points = (1...3).map {
      MetricSeries.Point(iteration: $0, epoch: 1, rate: 0.1, loss: 1, accuracy: 0.5)
    }
    return ReportSource.Run(
      result: result, evaluation: try artifact(result.name, "evaluate", details),
      network: try artifact("\(result.name)-net", "train", MetricSeries(points: points)))
  }

  private func details(_ results: [RunResult]) throws -> StudyFigures.Details {
    let source = ReportSource(
      name: "study", origin: "tests", runs: try results.map(finished), fileSystem: fileSystem)
    let figures = try StudyFigures(source, Analysis(source.results), filters: nil)
    return try #require(figures.experiments.first)
  }

  @Test func figuresOfClassesNameTheirNetwork() throws {
    let bases = (0..<3).map { seed in
      run(.base, .top1(0.7), seed: seed, name: "test-base-\(seed)")
    }
    let transfer = run(.frozen, source: "A", n: 2, .top1(0.6), name: "test-transfer")
    let figures = try details(bases + [transfer]).classes
    #expect(figures.map(\.name).count { $0.hasPrefix("confusion") } == 2)
    #expect(figures[0].caption.hasSuffix("stage test-base-0, one of 3 networks."))
    #expect(figures[1].caption.hasSuffix("stage test-transfer, the only network."))
    let classes = try #require(figures.last?.caption)
    #expect(classes.contains("base (stage test-base-0, one of 3 networks); A2B (stage"))
    for figure in figures { try figure.expectSound() }
  }

  @Test func trainingInPhasesIsToldToBeTheLast() throws {
    let sentence = "the last phase alone is drawn"
    let plain = run(.frozen, source: "A", n: 2, .top1(0.6))
    #expect(try !#require(try details([plain]).training.first).caption.contains(sentence))
    var design = plain.design
    design.phases = "2 phases"
    let phased = RunResult(name: "phased", design: design, outcome: plain.outcome)
    #expect(try #require(try details([phased]).training.first).caption.contains(sentence))
  }
}
