import ArtifactStore
import Basics
import Datasets
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

/// Activations that features stages keep.
@Suite struct FeaturesTests {
  private static func text(_ features: String = "", pool: String = "average") -> String {
    """
    cambium: 1
    name: seen
    datasets: {shapes: {source: builtin:shapes, examples: {train: 40, test: 20}, hold-out: 0.25, augment: {mirror: true}}}
    splits: {halves: {dataset: shapes, random: {tasks: [A, B], seed: 1}}}
    networks:
      net:
        input: [3, 32, 32]
        layers:
          conv1: [conv: {filters: 6, kernel: 5, stride: 4}, batch-norm, relu]
          conv2: [conv: {filters: 4, kernel: 3}, relu, max-pool: {kernel: 2, stride: 2}]
          fc3: [dense: 7, relu, dropout: 0.5]
          fc4: [dense: classes]
    solvers: {sgd: {batch: 16, epochs: 1, rate: 0.01}}
    stages:
      base: {train: {network: net, on: halves.A, solver: sgd}}
      seen: {features: {network: base, on: halves.B, pool: \(pool)}}
    \(features)
    """
  }

  private func features(
    _ stage: String, in summary: RunSummary
  ) throws -> (values: Weights, images: FeatureImages, artifact: StoredArtifact) {
    let artifact = try #require(summary.outcome(of: stage)?.artifact)
    return (
      try Weights(contentsOf: #require(artifact[.features])),
      try #require(try artifact.result(FeatureImages.self, from: LocalFileSystem())), artifact
    )
  }

  @Test func onlyWhatChangedRuns() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let first = try await study.run(study.plan(Self.text()))
      #expect(first.produced == ["prepare-shapes", "base", "seen"])
      #expect(try await study.run(study.plan(Self.text())).produced.isEmpty)
      #expect(try await study.run(study.plan(Self.text(pool: "max"))).produced == ["seen"])
      let renamed = Self.text().replacing("seen: {", with: "other: {layers: all, ").replacing(
        "{layers: all, features: {", with: "{features: {layers: all, ")
      #expect(try await study.run(study.plan(renamed)).produced.isEmpty)
    }
  }

  /// Computed in another way: by a net that ends after the layer, image by image.
  @Test(arguments: ActivationPooling.allCases)
  func areTheNetworksActivations(pooling: ActivationPooling) async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan(Self.text(pool: pooling.rawValue))
      let summary = try await study.run(plan)
      let (found, images, artifact) = try features("seen", in: summary)
      let work = try #require(plan.stage(named: "seen").work as? FeaturesWork).observation
      #expect(found.names == ["conv1", "conv2", "fc3", "fc4"])
      #expect(images.classes == work.classes && images.labels.count == 100)
      #expect(images.name(of: 21) == "test/\(work.classes[1])/1")

      let packed = try #require(
        summary.outcome(of: work.data.stage)?.artifact?[.packedImages])
      let dataset = try PackedDataset(packed)
      let examples = try dataset.examples(.test, classes: work.classes)
      let trained = try #require(summary.outcome(of: "base")?.artifact)
      let mean = try Weights(contentsOf: #require(trained[.mean])).tensors[0].values
      let weights = try Weights(contentsOf: #require(trained[.weights]))
      for (layer, tensor) in zip(work.observed, found.tensors) {
        let net = try Net(
          work.network, for: .inference, maximumBatch: 1, threads: 1,
          operations: 0..<layer.operation + 1)
        try net.load(weights)
        let shape = pooling == .none ? layer.shape.dimensions : [layer.shape.channels]
        #expect(tensor.shape == [100] + shape)
        let count = shape.reduce(1, *)
        for row in stride(from: 0, to: 100, by: 7) {
          let pixels = try PackedDataset.Reader(dataset).withPixels(of: examples.images[row]) {
            Array($0)
          }
          let input = pixels.enumerated().map { index, pixel in
            // The mean is stored channel by channel; the usual scale is 1/64.
            (Float(pixel) - mean[index % 3 * 1024 + index / 3]) / 64
          }
          let plain = net.outputs(of: input)
          let channels = layer.shape.channels
          let places = layer.shape.count / channels
          var expected: [Float] = []
          for channel in 0..<channels {
            let values = (0..<places).map { plain[$0 * channels + channel] }
            switch pooling {
            case .average:
              expected.append(Float(values.reduce(0.0) { $0 + Double($1) } / Double(places)))
            case .max: expected.append(try #require(values.max()))
            case .none: expected += values
            }
          }
          #expect(
            Array(tensor.values[row * count..<(row + 1) * count]) == expected,
            "\(layer.name), image \(row)")
        }
      }
      let result = try FeaturesResult(of: artifact.record)
      #expect(result.images == 100 && result.isFinite)
      #expect(result.layers.map(\.values) == found.tensors.map { $0.values.count / 100 })
    }
  }

  @Test func bitsDoNotDependOnThreads() async throws {
    try await withTemporaryFolder { folder in
      var digests: [Fingerprint?] = []
      for threads in [1, 2, 3] {
        let study = Study(in: folder.appending("\(threads)"))
        let summary = try await study.run(study.plan(Self.text(pool: "none")), threads: threads)
        digests.append(
          try #require(summary.outcome(of: "seen")?.artifact).digest(of: .features))
      }
      #expect(digests[0] != nil && Set(digests).count == 1)
    }
  }

  /// Held-out images are none of the training images, and a limit takes those that training with the seed takes.
  @Test func showsTheImagesOfTheSubset() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = Self.text(
        """
          rest: {features: {network: base, subset: train, layers: fc4}}
          held: {features: {network: base, subset: validation, layers: fc4}}
          few: {features: {network: base, on: {task: halves.A, examples: 3}, subset: train, layers: fc4}}
        """)
      let summary = try await study.run(study.plan(text))
      #expect(summary.isComplete)
      let names = try ["rest", "held", "few"].map { stage in
        let images = try features(stage, in: summary).images
        return Set(images.labels.indices.map { images.name(of: $0) })
      }
      #expect(names.map(\.count) == [150, 50, 15])
      #expect(names[0].isDisjoint(with: names[1]) && names[2].isSubset(of: names[0]))
      #expect(names[0].union(names[1]).allSatisfy { $0.hasPrefix("train/") })
    }
  }

  @Test func stopsWhenAsked() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      _ = try await study.run(study.plan(Self.text(), only: ["base"]))
      let stop = StopSignal()
      stop.request()
      let summary = try await study.run(study.plan(Self.text()), stop: stop)
      #expect(!summary.isComplete && summary.produced.isEmpty)
      #expect(try await study.run(study.plan(Self.text())).produced == ["seen"])
    }
  }

  @Test func exportedForOtherPrograms() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let summary = try await study.run(study.plan(Self.text(pool: "none")))
      let (found, _, artifact) = try features("seen", in: summary)
      let files = LocalFileSystem()
      let export = FeaturesExport("seen", artifact)
      // A second time, over the files of the first.
      for _ in 0..<2 {
        let written = try export.write(to: folder, as: .safetensors, table: \.csv, files)
        #expect(
          written.compactMap(\.lastComponent?.string) == ["seen.safetensors", "seen.images.csv"])
        #expect(try Weights(contentsOf: folder.appending("seen.safetensors")) == found)
      }
      let table = String(
        decoding: try files.read(folder.appending("seen.images.csv")), as: UTF8.self)
      let lines = table.split(separator: "\n")
      #expect(lines.count == 101 && lines[0] == "image,label,class")
      #expect(lines[1].hasPrefix("test/") && lines[1].split(separator: ",")[1] == "0")

      let arrays = try export.write(to: folder, as: .npy, table: \.csv, files)
      #expect(
        Set(arrays.compactMap(\.lastComponent?.string))
          == Set(
            ["seen.labels.npy", "seen.images.csv"] + found.names.map { "seen.\($0).npy" }))
      let bytes = try files.read(folder.appending("seen.conv1.npy"))
      let shape = found.tensors[0].shape.map(String.init).joined(separator: ", ")
      let header = NumPyHeader(.float32, shape: found.tensors[0].shape).bytes
      #expect(bytes.starts(with: header) && header.count % 64 == 0)
      #expect(String(decoding: header, as: UTF8.self).contains("'shape': (\(shape))"))
      let numbers = bytes.dropFirst(header.count).withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      #expect(numbers == found.tensors[0].values)
      let labels = try files.read(folder.appending("seen.labels.npy"))
      #expect(String(decoding: labels, as: UTF8.self).contains("'descr': '<i4'"))
      #expect(String(decoding: labels, as: UTF8.self).contains("(100,), }"))
    }
  }
}
