import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Writes files, by path, to a folder.
func writeFiles(_ files: [String: [UInt8]], to folder: FilePath) throws {
  for (name, bytes) in files {
    let path = folder.pushing(FilePath(name))
    try LocalFileSystem().makeFolder(path.removingLastComponent())
    try LocalFileSystem().write(bytes, to: path)
  }
}

/// Two classes, three training images and two test images each, 6 high and 8 wide.
func smallDataset() throws -> [String: [UInt8]] {
  var files: [String: [UInt8]] = [:]
  for (label, name) in ["cat", "dog"].enumerated() {
    for number in 0..<5 {
      let subset = number < 3 ? "train" : "test"
      files["\(subset)/\(name)/\(number).png"] = try png(
        gradient(height: 6, width: 8, seed: label * 10 + number), height: 6, width: 8)
    }
  }
  return files
}

/// The files as archive members, by ascending path.
func members(_ files: [String: [UInt8]], below top: String = "") -> [ArchiveMember] {
  files.sorted { $0.key < $1.key }.map { .file(top + $0.key, $0.value) }
}

/// A definition that reads a path.
func dataset(at path: FilePath) -> DatasetDefinition {
  DatasetDefinition(source: .path(path.string))
}

/// The bytes of the packed file, and its summary.
func packedFile(
  _ definition: DatasetDefinition, threads: Int = 2
) throws -> (bytes: [UInt8], summary: PackedSummary) {
  try withTemporaryFolder { folder in
    let file = folder.appending("images.packed")
    let summary = try definition.pack(into: file, threads: threads).summary
    return (try LocalFileSystem().read(file), summary)
  }
}

/// An image as a dataset packs it.
struct PackedImage: Equatable {
  var height: Int
  var width: Int
  var channels: Int
  var pixels: [UInt8]
}

/// Packs a dataset that has this file as its only training and its only test image.
func packed(
  _ file: [UInt8], named name: String = "image", size: DatasetDefinition.Size? = nil,
  fit: DatasetDefinition.Fit = .stretch, channels: Int = 3
) throws -> PackedImage {
  try withTemporaryFolder { folder in
    let source = folder.appending("source")
    try writeFiles(["train/a/\(name)": file, "test/a/\(name)": file], to: source)
    let definition = DatasetDefinition(
      source: .path(source.string), size: size, fit: fit, channels: channels)
    let packed = folder.appending("images.packed")
    _ = try definition.pack(into: packed, threads: 1)
    let images = try PackedDataset(packed)
    return PackedImage(
      height: images.shape.height, width: images.shape.width, channels: images.shape.channels,
      pixels: Array(images.pixels(of: 0)))
  }
}

extension PackedDataset {
  /// The pixels of an image; none, and an issue, if it cannot be decoded.
  func pixels(of image: Int) -> [UInt8] {
    do { return try Reader(self).withPixels(of: image) { Array($0) } } catch {
      Issue.record("\(error)")
      return []
    }
  }
}

extension DatasetDefinition.Storage {
  /// One of each kind.
  static let each: [Self] = [.pixels, .jpeg(quality: 90)]
}

/// A packed dataset of small random-looking images, mapped.
func packedNoise(
  in folder: FilePath, train: Int = 4, test: Int = 2, height: Int = 6, width: Int = 8,
  channels: Int = 3
) throws -> PackedDataset {
  let source = folder.appending("noise")
  var files: [String: [UInt8]] = [:]
  for (label, name) in ["a", "b", "c"].enumerated() {
    for number in 0..<train + test {
      let subset = number < train ? "train" : "test"
      files["\(subset)/\(name)/\(number).png"] = try png(
        noise(count: height * width * 3, seed: label * 1000 + number), height: height, width: width)
    }
  }
  try writeFiles(files, to: source)
  let file = folder.appending("noise.packed")
  let definition = DatasetDefinition(source: .path(source.string), channels: channels)
  _ = try definition.pack(into: file, threads: 2)
  return try PackedDataset(file)
}

/// The message of the diagnostic error thrown by a closure.
func message(
  sourceLocation: SourceLocation = #_sourceLocation, of body: () throws -> Void
) throws -> String {
  try #require(throws: DiagnosticError.self, sourceLocation: sourceLocation) {
    try body()
  }.description
}
