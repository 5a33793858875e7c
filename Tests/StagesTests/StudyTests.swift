import Basics
import Definitions
import Engine
import Execution
import Planning
import Reporting
import Results
import Stages
import SystemPackage
import TestSupport
import Testing

/// Stories of a study: run for real, on the built-in dataset.
@Suite struct StudyTests {
  @Test func aSecondRunDoesNothingAndOneChangeRunsExactlyWhatReadsIt() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let first = try await study.run(study.plan())
      #expect(first.isComplete)
      #expect(first.produced.count == 16)

      let second = try await study.run(study.plan())
      #expect(second.produced == [])
      #expect(second.digests == first.digests)

      let changed = [(key: "slow-rate", value: "0.004")]
      let third = try await study.run(study.plan(settings: changed))
      #expect(third.produced == ["A2B+", "B2B+", "test-A2B+", "test-B2B+", "table"])

      let renamed = smallStudy.replacing("R2B", with: "random-filters")
      #expect(try study.plan(renamed, settings: changed).toRunNames == [])

      // Back to the first settings: everything is still there.
      #expect(try study.plan().toRunNames == [])
    }
  }

  @Test func frozenLayersKeepEveryBitAndLearningOnesMove() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let summary = try await study.run(study.plan())
      for source in ["A", "B"] {
        let base = try study.weights(of: "base-\(source)", in: summary)
        let frozen = try study.weights(of: "\(source)2B", in: summary)
        let tuned = try study.weights(of: "\(source)2B+", in: summary)
        for tensor in base.tensors {
          let isCopied = tensor.name.hasPrefix("conv")
          #expect((frozen[tensor.name] == tensor) == isCopied, "\(source)2B \(tensor.name)")
          #expect(tuned[tensor.name] != tensor, "\(source)2B+ \(tensor.name)")
        }
      }
      guard let work = try study.plan().stage("R2B")?.work as? TrainWork else {
        Issue.record("R2B is trained")
        return
      }
      let start = try Weights.initial(for: work.network, stream: work.stream)
      let random = try study.weights(of: "R2B", in: summary)
      for tensor in start.tensors {
        #expect((random[tensor.name] == tensor) == tensor.name.hasPrefix("conv"), "\(tensor.name)")
      }
    }
  }

  @Test(arguments: [(1, 1), (3, 1), (2, 2), (4, 3)])
  func bitsDoNotDependOnThreadsOrJobs(threads: Int, jobs: Int) async throws {
    try await withTemporaryFolder { folder in
      let reference = Study(in: folder.appending("reference"))
      let other = Study(in: folder.appending("other"))
      let expected = try await reference.run(reference.plan(only: ["table"]), threads: 2)
      let found = try await other.run(
        other.plan(only: ["table"]), threads: threads, jobs: jobs)
      #expect(expected.isComplete)
      #expect(found.digests == expected.digests)
    }
  }

  @Test func basesStartFromDifferentWeights() throws {
    try withTemporaryFolder { folder in
      let plan = try Study(in: folder).plan()
      let starts = try ["base-A", "base-B", "B2B"].map { name -> Tensor? in
        guard let work = plan.stage(name)?.work as? TrainWork else { return nil }
        return try Weights.initial(for: work.network, stream: work.stream)["fc3.weight"]
      }
      #expect(Set(starts).count == 3)
      #expect(!starts.contains(nil))
    }
  }

  @Test func theLoadReportNamesEveryParameter() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let summary = try await study.run(study.plan(only: ["A2B"]))
      let path = try #require(
        summary.outcome(of: "A2B")?.artifact?[LoadReport.file])
      let report = try Value(json: LocalFileSystem().read(path))
      #expect(report["source"]?["stage"] == "base-A")
      let parameters = try #require(report["parameters"]?.asList)
      let weights = try study.weights(of: "A2B", in: summary)
      #expect(parameters.compactMap { $0["name"]?.asString } == weights.names)
      let conv = try #require(parameters.first)
      #expect(conv["origin"] == "copied" && conv["state"] == "frozen")
      #expect(conv["rate"]?.double == 0 && conv["decay"]?.double == 0)
      let bias = try #require(parameters.last)
      #expect(bias["origin"] == "initialized" && bias["state"] == "learning")
      #expect(bias["rate"]?.double == 2 && bias["decay"]?.double == 0)
      #expect(bias["initializer"]?["constant"]?.double == 0)
    }
  }

  /// What frozen batch norms normalised by is in the load report and on the report's page.
  @Test(arguments: [NormStatistics.running, .batch])
  func reportsSayWhatFrozenNormsNormalisedBy(statistics: NormStatistics) async throws {
    let text = smallStudy.replacing(
      "layers: {first 2: freeze,",
      with: statistics == .running
        ? "layers: {first 2: freeze," : "layers: {first 2: {freeze: {statistics: batch}},")
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let summary = try await study.run(
        study.plan(
          text.replacing("of: [\"test-*\"]", with: "of: [test-A2B, test-base-B]"), only: ["table"]))
      #expect(summary.isComplete)
      let path = try #require(summary.outcome(of: "A2B")?.artifact?[LoadReport.file])
      let report = try LoadReport(contents: LocalFileSystem().read(path))
      for parameter in report.parameters {
        let isFrozenStatistic = parameter.layer == "conv1" && parameter.name.contains("running_")
        #expect(parameter.statistics == (isFrozenStatistic ? statistics : nil), "\(parameter.name)")
      }
      let page = try #require(summary.outcome(of: "table")?.artifact?[.reportPage])
      let html = String(decoding: try LocalFileSystem().read(page), as: UTF8.self)
      #expect(
        html.contains("frozen layers normalise by the running statistics")
          == (statistics == .running))
      #expect(html.contains("frozen layers normalise by each batch") == (statistics == .batch))
    }
  }

  @Test func aDivergingTrainingStopsWithAReasonAndSparesTheRest() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let wild = [(key: "slow-rate", value: "1e30")]
      let summary = try await study.run(study.plan(settings: wild))
      guard case .failed(let failure)? = summary.outcome(of: "A2B+") else {
        Issue.record("A2B+ diverges")
        return
      }
      #expect("\(failure.error)".contains("the loss became"))
      guard case .diverged(let iteration) = failure.cause else {
        Issue.record("its cause is told")
        return
      }
      #expect("\(failure.error)".contains("at iteration \(iteration) of"))
      guard case .skipped(let blocker)? = summary.outcome(of: "test-A2B+") else {
        Issue.record("the evaluation of a failed training is skipped")
        return
      }
      #expect(blocker == "A2B+")
      #expect(summary.produced.contains("test-R2B"))
      // What was finished is not done again.
      let second = try await study.run(study.plan())
      #expect(second.produced == ["A2B+", "B2B+", "test-A2B+", "test-B2B+", "table"])
    }
  }

  @Test func trainingLearns() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = smallStudy.replacing("train: 12, test: 6", with: "train: 60, test: 20")
        .replacing("epochs: 2", with: "epochs: 8")
      let summary = try await study.run(study.plan(text, only: ["test-base-B"]))
      let metrics = try #require(summary.outcome(of: "test-base-B")?.artifact?.record.metrics)
      let top1 = try #require(metrics["top1"]?.double)
      #expect(top1 > 0.3, "chance is 0.2, its deviation 0.04")
      #expect(metrics["did-not-train"] == false)
      #expect(metrics["images"] == 100)
    }
  }
}

extension Plan {
  func stage(_ name: String) -> PlannedStage? { stages.first { $0.name == name } }

  var toRunNames: [String] { stages.filter { $0.status != .cached }.map(\.name) }
}
