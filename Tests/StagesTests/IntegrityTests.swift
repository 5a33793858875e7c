import ArtifactStore
import Basics
import Execution
import Planning
import Reporting
import Results
import Stages
import SystemPackage
import TestSupport
import Testing

/// Bytes that change on the disk, in each kind of file that stages leave.
@Suite struct IntegrityTests {
  private static let text = smallStudy.replacing(
    "augment: {mirror: true}", with: "augment: {mirror: true}\n    hold-out: {per-class: 3}"
  ).replacing(
    "on: \"halves.${task}\", solver: sgd",
    with: "on: \"halves.${task}\", solver: sgd, validate: {every: 2 iterations, subset: [test]}")

  private func flip(_ path: FilePath) throws {
    var bytes = try LocalFileSystem().read(path)
    bytes[bytes.count / 2] ^= 0x10
    try LocalFileSystem().write(bytes, to: path)
  }

  /// Stages, each with one that reads it; the report is read after the run.
  private static let readers = [
    ("prepare-shapes", "base-A"), ("base-A", "A2B"), ("A2B+", "test-A2B+"), ("test-A2B", "table"),
    ("table", nil),
  ]

  @Test func aFlippedByteInAnyFileIsFoundAndTheFileMadeAnewToTheBit() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let expected = try await study.run(study.plan(Self.text))
      #expect(expected.isComplete)
      var kinds: Set<String> = []
      for (stage, reader) in Self.readers {
        let artifact = try #require(expected.outcome(of: stage)?.artifact)
        for (name, path) in artifact.files.sorted(by: { $0.key < $1.key }) {
          try flip(path)
          let plan = try study.plan(Self.text, forced: reader.map { [$0] } ?? [])
          let summary = try await study.run(plan, thenReading: ["table"])
          #expect(summary.produced.contains(stage), "\(name) of \(stage)")
          #expect(summary.digests == expected.digests, "\(name) of \(stage)")
          #expect(try study.store.verify(artifact.record).isEmpty)
          kinds.insert(name)
        }
      }
      #expect(
        kinds.isSuperset(
          of: [
            ArtifactFile.packedImages, .weights, .mean, .state("momentum"), .reportText,
            MetricSeries.file,
            LoadReport.file, Measurements.file,
          ].map(\.name)), "\(kinds)")
      // Each damaged file was kept.
      let aside = try LocalFileSystem().names(in: study.store.damagedFolder)
      #expect(aside.count >= kinds.count)
    }
  }

  @Test func aDamagedRecordIsFoundAndItsStageRunsAgainToTheBit() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let expected = try await study.run(study.plan())
      for stage in ["prepare-shapes", "base-A", "A2B", "test-A2B", "table"] {
        let artifact = try #require(expected.outcome(of: stage)?.artifact)
        try flip(study.store.recordPath(artifact.record.fingerprint))
        let summary = try await study.run(study.plan())
        #expect(summary.produced == [stage])
        #expect(summary.digests == expected.digests)
      }
    }
  }
}
