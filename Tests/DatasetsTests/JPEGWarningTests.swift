import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Warnings of the decoder: harmless ones are counted, those about missing pixels are errors.
@Suite struct JPEGWarningTests {
  private let pixels = gradient(height: 24, width: 40)

  /// The traits found when packing a dataset with this file.
  private func traits(_ file: [UInt8]) throws -> [ImageTrait: Int] {
    try withTemporaryFolder { folder in
      try writeFiles(["train/a/1": file, "test/a/1": try whole()], to: folder)
      return try packedFile(dataset(at: folder)).summary.traits
    }
  }

  private func whole() throws -> [UInt8] { try jpeg(pixels, height: 24, width: 40) }

  /// Stray bytes before the end-of-image marker.
  private func withStrayBytes(_ file: [UInt8]) -> [UInt8] {
    file.dropLast(2) + [UInt8](repeating: 0x20, count: 12) + file.suffix(2)
  }

  @Test func strayBytesChangeNoPixel() throws {
    let clean = try packed(whole())
    let stray = try withStrayBytes(whole())
    #expect(try packed(stray) == clean)
    #expect(try traits(stray) == [.warnings: 1])
    #expect(try traits(whole()).isEmpty)
  }

  /// Stray bytes after the first segment.
  private func withStrayStart(_ file: [UInt8]) -> [UInt8] {
    let end = 4 + (Int(file[4]) << 8 | Int(file[5])) - 2 + 2
    return file[..<end] + [1, 2, 3, 4] + file[end...]
  }

  @Test func strayBytesBetweenSegmentsChangeNoPixel() throws {
    let stray = try withStrayStart(whole())
    #expect(try packed(stray) == packed(whole()))
    #expect(try traits(stray) == [.warnings: 1])
  }

  @Test func anUnknownVersionChangesNoPixel() throws {
    var file = try whole()
    // FF E0, length, "JFIF", 0, then the version.
    #expect(file[6..<10].elementsEqual("JFIF".utf8))
    file[11] = 3
    #expect(try packed(file) == packed(whole()))
    #expect(try traits(file) == [.warnings: 1])
  }

  /// Scans behind the last that is needed are not looked at when an image is judged by its headers.
  @Test func aSecondScanOfAllComponentsIsAnError() throws {
    let file = try whole()
    let scan = try #require(
      file.indices.dropLast().last { file[$0] == 0xff && file[$0 + 1] == 0xda })
    let doubled = file.dropLast(2) + file[scan...]
    let message = try message { _ = try packed(Array(doubled)) }
    #expect(message.contains("cannot read the image 'train/a/image'"), "\(message)")
  }

  @Test func missingPixelsAreErrorsWhateverElseIsWarnedOf() throws {
    let file = try whole()
    let stray = withStrayStart(file)
    let truncated = [
      Array(file.prefix(file.count * 3 / 4)), Array(stray.prefix(stray.count * 3 / 4)),
      Array(file.dropLast(2)),
    ]
    for file in truncated {
      let problem = try message { _ = try traits(file) }
      #expect(problem.contains("cannot read the image 'train/a/1': premature end"))
    }
    // An endless run of ones is not a code of any table.
    let start = try #require(
      stray.indices.dropLast().last { stray[$0] == 0xff && stray[$0 + 1] == 0xda })
    var bad = stray
    for index in start + 14..<stray.count - 40 { bad[index] = index % 2 == 0 ? 0xff : 0 }
    let problem = try message { _ = try traits(bad) }
    #expect(problem.contains("cannot read the image 'train/a/1': corrupt JPEG data"), "\(problem)")
  }
}
