import Basics
import Datasets
import Definitions
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Real photographs: the folder that the environment variable `CAMBIUM_TEST_DATA` names.
private let testData: FilePath? = getenv("CAMBIUM_TEST_DATA").map { FilePath(String(cString: $0)) }

@Suite(.enabled(if: testData != nil, "CAMBIUM_TEST_DATA is unset"))
struct RealDataTests {
  private func path(_ name: String) throws -> FilePath {
    try #require(testData).pushing(FilePath(name))
  }

  @Test func cifarIsInspectedAndPacked() throws {
    let classes = [
      "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]
    let definition = dataset(at: try path("cifar10.tar.gz"))
    let summary = try definition.inspect(known: nil).summary
    #expect(summary.classes == classes)
    #expect(summary.trainCounts == Array(repeating: 5000, count: 10))
    #expect(summary.testCounts == Array(repeating: 1000, count: 10))

    try withTemporaryFolder { folder in
      let file = folder.appending("packed")
      let packed = try definition.pack(into: file, threads: 2).summary
      #expect(packed.classes == classes && packed.skipped.isEmpty)
      #expect(packed.trainCounts == summary.trainCounts)
      #expect(packed.testCounts == summary.testCounts)
      let images = try PackedDataset(file)
      #expect(images.shape == Shape(channels: 3, height: 32, width: 32))
      // The training images' mean colour, as published for CIFAR-10: 0.4914, 0.4822, 0.4465 of 255.
      let mean = try MeanImage(.color, of: Array(0..<50_000), in: images).values
      for (channel, expected) in [125.3, 123.0, 113.9].enumerated() {
        #expect(abs(Double(mean[channel]) - expected) < 0.5)
      }
    }
  }

  @Test func largePhotographsAreDecodedAndResized() throws {
    let photographs = try readArchive(try path("imagenet/sample.tar"), limit: 6)
    #expect(photographs.count == 6)
    try withTemporaryFolder { folder in
      var files: [String: [UInt8]] = [:]
      for (path, bytes) in photographs {
        let parts = path.split(separator: "/").filter { $0 != "." }.suffix(2).joined(separator: "/")
        files["train/\(parts)"] = bytes
        files["test/\(parts)"] = bytes
      }
      let source = folder.appending("source")
      try writeFiles(files, to: source)
      for fit in DatasetDefinition.Fit.allCases {
        let definition = DatasetDefinition(
          source: .path(source.string), size: .init(height: 256, width: 256), fit: fit)
        let file = folder.appending("\(fit).packed")
        let summary = try definition.pack(into: file, threads: 2).summary
        #expect(summary.trainCounts == Array(repeating: 1, count: 6))
        #expect(summary.height == 256 && summary.width == 256 && summary.skipped.isEmpty)
        // The first image, against the naive twin.
        let names = files.keys.filter { $0.hasPrefix("train") }.sorted()
        let original = try packed(try #require(files[names[0]]))
        let dataset = try PackedDataset(file)
        let image = withExtendedLifetime(dataset) { Array(dataset.pixels(of: 0)) }
        let steps = (
          vertical: Double(original.height) / 256, horizontal: Double(original.width) / 256
        )
        let step = min(steps.vertical, steps.horizontal)
        let expected = naivelyResampled(
          original, height: 256, width: 256,
          verticalStep: fit == .stretch ? steps.vertical : step,
          horizontalStep: fit == .stretch ? steps.horizontal : step)
        #expect(largestDifference(image, expected.pixels) <= 1)
      }
    }
  }
}
