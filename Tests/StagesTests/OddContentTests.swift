import ArtifactStore
import Basics
import Engine
import Execution
import Planning
import Reporting
import Results
import Stages
import SystemPackage
import TestSupport
import Testing

/// Records and states with right digests whose content is not what such a stage leaves: imported, or made by
/// another version. They are refused and computed again.
@Suite struct OddContentTests {
  private static let text = """
    cambium: 1
    name: odd
    params: {epochs: 1}
    datasets: {shapes: {source: builtin:shapes, examples: {train: 6, test: 2}}}
    networks:
      net: {input: [3, 32, 32], layers: {conv1: [conv: {filters: 4, kernel: 5, stride: 4}], fc2: [dense: classes]}}
    solvers: {sgd: {batch: 8, epochs: "${epochs}", rate: 0.01}}
    stages:
      base: {train: {network: net, on: shapes, solver: sgd}}
      tuned: {transfer: {from: base, layers: {first 1: freeze, rest: initialize}, on: shapes, solver: sgd}}
      test: {evaluate: {network: tuned}}
      table: {report: all}
    """

  /// Publishes a stage's artifact once more, with one file replaced and the digests of what there is now.
  private func replace(
    _ file: String?, of artifact: StoredArtifact, in store: Store, by bytes: [UInt8],
    metrics: Value? = nil
  ) throws {
    let files = LocalFileSystem()
    let workspace = try store.makeWorkspace()
    var paths: [String: FilePath] = [:]
    for (name, path) in artifact.files {
      paths[name] = workspace.appending(name)
      try files.append(name == file ? bytes : files.read(path), to: workspace.appending(name))
    }
    var record = artifact.record
    record.metrics = metrics ?? record.metrics
    _ = try store.publish(record, files: paths)
    try store.removeWorkspace(workspace)
  }

  @Test func whatARunnerCanMakeNothingOfIsComputedAgain() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let expected = try await study.run(study.plan(Self.text))
      #expect(expected.isComplete)
      let other = folder.appending("other.safetensors")
      try Weights([Tensor(name: "a", shape: [1], values: [1])]).write(to: other)
      let weights = try LocalFileSystem().read(other)
      for (stage, file, bytes, reader) in [
        ("prepare-shapes", ArtifactFile.packedImages, Array("odd".utf8), "base"),
        ("base", .weights, weights, "tuned"),
        ("tuned", .weights, Array("odd".utf8), "test"),
        ("tuned", .mean, weights, "test"),
      ] as [(String, ArtifactFile, [UInt8], String)] {
        let artifact = try #require(expected.outcome(of: stage)?.artifact)
        try replace(file.name, of: artifact, in: study.store, by: bytes)
        let summary = try await study.run(study.plan(Self.text, forced: [reader]))
        #expect(summary.isComplete && summary.digests == expected.digests, "\(stage) \(file.name)")
        #expect(summary.produced.contains(stage))
      }
      let test = try #require(expected.outcome(of: "test")?.artifact)
      try replace(nil, of: test, in: study.store, by: [], metrics: ["odd": true])
      let summary = try await study.run(study.plan(Self.text, forced: ["table"]))
      #expect(summary.isComplete && summary.produced == ["test", "table"])
      #expect(summary.digests == expected.digests)

      // What a report reads of its inputs' files.
      for (stage, file) in [
        ("test", EvaluationDetails.file), ("tuned", MetricSeries.file),
      ] {
        let artifact = try #require(expected.outcome(of: stage)?.artifact)
        try replace(file.name, of: artifact, in: study.store, by: Array("{\"format\":2}".utf8))
        let summary = try await study.run(study.plan(Self.text, forced: ["table"]))
        #expect(summary.isComplete, "\(file.name)")
        #expect(summary.produced == [stage, "table"], "\(file.name)")
        #expect(summary.digests == expected.digests, "\(file.name)")
      }
    }
  }

  /// Another run on the store might remove or add records at any time.
  @Test func aReportDependsOnItsInputsAlone() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let expected = try await study.run(study.plan(Self.text))
      let plan = try study.plan(Self.text)
      let table = try #require(plan.stages.first { $0.name == "table" })
      let artifact = try #require(expected.outcome(of: "table")?.artifact)
      let work = try #require(table.work as? ReportWork)
      let reported = Set(table.inputs.map(\.fingerprint) + [table.fingerprint])
      for stage in plan.stages where !reported.contains(stage.fingerprint) {
        try study.store.removeRecord(for: stage.fingerprint)
      }
      var inputs: [String: StoredArtifact] = [:]
      for input in table.inputs {
        inputs[input.role] = try #require(expected.outcome(of: input.stage)?.artifact)
      }
      let context = StageContext(
        inputs: inputs, workspace: folder.appending("work"), threads: 1, store: study.store,
        progress: { _ in }, warn: { _ in }, shouldStop: { false })
      let product = try ReportRunner(fileSystem: LocalFileSystem(), filters: nil).run(
        work, of: table, in: context)
      #expect(Set(product.files.keys) == Set(artifact.files.keys))
      for (name, path) in product.files {
        #expect(
          try Fingerprint(of: LocalFileSystem().read(path))
            == artifact.record.outputs[name]?.digest,
          "\(name)")
      }
    }
  }

  @Test func statesOfOtherTrainingsAreNotResumed() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let long = [(key: "epochs", value: "2")]
      let expected = try await Study(in: folder.appending("whole")).run(
        study.plan(Self.text, settings: long))
      let short = try await study.run(study.plan(Self.text))
      let base = try #require(short.outcome(of: "base")?.artifact)
      let other = folder.appending("other.safetensors")
      for odd in [
        [Tensor(name: "a", shape: [1], values: [1])],
        try study.weights(of: "base", in: short).tensors.map {
          Tensor(name: $0.name, shape: [$0.values.count], values: $0.values)
        },
      ] {
        try Weights(odd).write(to: other)
        for file in [ArtifactFile.weights, .state("momentum")] {
          try replace(file.name, of: base, in: study.store, by: LocalFileSystem().read(other))
          let plan = try study.plan(Self.text, settings: long, only: ["base"], forced: [])
          #expect(plan.stages.last?.continuation != nil)
          let summary = try await study.run(plan)
          #expect(
            summary.digests["base"]?[ArtifactFile.weights.name]
              == expected.digests["base"]?[ArtifactFile.weights.name], "\(file.name)")
          try study.store.removeRecord(for: plan.stages[1].fingerprint)
        }
      }
    }
  }
}
