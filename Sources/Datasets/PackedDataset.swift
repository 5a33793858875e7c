import Basics
import Definitions
import SystemPackage

/// A dataset's packed images and their classes, memory-mapped from a packed file.
package struct PackedDataset: Sendable {
  /// channels × height × width of every image; its pixels are height × width × channels.
  package let shape: Shape
  /// By ascending UTF-8 bytes.
  package let classes: [String]

  private let file: MappedFile
  private let header: PackedHeader
  private let pixelOffset: Int

  /// Maps a file written by `DatasetDefinition.pack`.
  ///
  /// - Throws: `DiagnosticError` if the file cannot be read, or is damaged.
  package init(_ path: FilePath, on fileSystem: any FileSystem = LocalFileSystem()) throws {
    file = try fileSystem.map(path)
    do {
      (header, pixelOffset) = try PackedHeader.decoded(file.bytes)
      let labels = file.bytes[header.labelOffset..<header.labelOffset + 4 * header.imageCount]
      let expected = header.labels.withUnsafeBytes { Array($0) }
      guard labels.elementsEqual(expected) else {
        throw PackedHeader.Damage("its labels are wrong")
      }
    } catch let damage as PackedHeader.Damage {
      throw DiagnosticError(
        "the packed dataset '\(path)' is damaged: \(damage.message)",
        notes: [.init("'cambium store verify' finds damaged objects; the next run recomputes them")]
      )
    }
    shape = Shape(channels: header.channels, height: header.height, width: header.width)
    classes = header.classes.map(\.name)
  }

  /// The number of images of both subsets.
  package var count: Int { header.imageCount }

  /// The number of images of a subset.
  package func count(of subset: Subset) -> Int {
    subset == .train ? header.trainCount : header.testCount
  }

  /// Whether images are decoded whenever they are used.
  package var isEncoded: Bool { header.storage != .pixels }

  /// An image as it is stored: pixels, or a JPEG.
  private func stored(_ image: Int) -> UnsafeRawBufferPointer {
    precondition(image >= 0 && image < count, "no such image")
    guard isEncoded else {
      let start = pixelOffset + image * header.imageLength
      return UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + header.imageLength])
    }
    // The index was checked when the file was opened.
    let index = header.indexOffset(images: count) + 8 * image
    func offset(_ position: Int) -> Int {
      pixelOffset
        + Int(
          truncatingIfNeeded: UInt64(
            littleEndian: file.bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
    }
    return UnsafeRawBufferPointer(rebasing: file.bytes[offset(index)..<offset(index + 8)])
  }

  /// Reads pixels of images, one after the other. For one thread.
  package final class Reader {
    private let dataset: PackedDataset
    /// The pixels of the last image; empty if images are not encoded.
    private let decoded: UnsafeMutableBufferPointer<UInt8>

    package init(_ dataset: PackedDataset) {
      self.dataset = dataset
      decoded = .allocate(capacity: dataset.isEncoded ? dataset.shape.count : 0)
    }

    deinit { decoded.deallocate() }

    /// Passes the pixels of an image to `body`: 0…255, height × width × channels. They are valid until it returns.
    ///
    /// - Throws: `DamagedImage` if the image cannot be decoded; the errors of `body`.
    package func withPixels<Result>(
      of image: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) throws -> Result {
      // They are in memory of this object.
      try withExtendedLifetime(self) { try body(pixels(of: image)) }
    }

    private func pixels(of image: Int) throws(DamagedImage) -> UnsafeBufferPointer<UInt8> {
      let stored = dataset.stored(image)
      guard dataset.isEncoded else { return stored.assumingMemoryBound(to: UInt8.self) }
      let shape = dataset.shape
      do throws(UnreadableImage) {
        try EncodedImage.decode(
          stored, height: shape.height, width: shape.width, channels: shape.channels, into: decoded)
      } catch {
        throw DamagedImage(image: image, reason: error.reason)
      }
      return UnsafeBufferPointer(decoded)
    }
  }

  /// The images of some classes in a subset, in the order of the file.
  ///
  /// - Parameter names: the classes in the order of their labels 0, 1, ….
  /// - Throws: `DiagnosticError` for a class that the dataset lacks, or that is named twice.
  package func examples(_ subset: Subset, classes names: [String]) throws -> Examples {
    var labels: [String: Int32] = [:]
    for (label, name) in names.enumerated() {
      guard classes.contains(name) else {
        throw DiagnosticError(
          "the dataset has no class '\(name)'",
          notes: Diagnostic.Note.nearest(to: name, among: classes))
      }
      guard labels.updateValue(Int32(label), forKey: name) == nil else {
        throw DiagnosticError("class '\(name)' is named twice")
      }
    }
    var examples = Examples(images: [], labels: [])
    var first = subset == .train ? 0 : header.trainCount
    for entry in header.classes {
      let count = subset == .train ? entry.train : entry.test
      if let label = labels[entry.name] {
        examples.images += first..<first + count
        examples.labels += repeatElement(label, count: count)
      }
      first += count
    }
    return examples
  }
}

extension PackedDataset {
  /// The images of some classes in a portion, in the order of the file.
  ///
  /// - Parameters:
  ///   - names: the classes in the order of their labels 0, 1, ….
  ///   - holdOut: which of the stored training images are validation images.
  /// - Throws: `DiagnosticError` for a class that the dataset lacks, or that is named twice.
  package func examples(
    _ portion: Portion, classes names: [String], holdOut: HoldOut?
  ) throws -> Examples {
    let stored = try examples(portion == .test ? .test : .train, classes: names)
    guard portion != .test else { return stored }
    let held = Set(
      stored.places(classes: names) { count, name in
        holdOut?.choice(of: count, class: name) ?? []
      })
    let places = stored.images.indices.filter { held.contains($0) == (portion == .validation) }
    return stored.chosen(places)
  }
}

/// Images of a packed dataset and their labels in a task.
package struct Examples: Hashable, Sendable {
  /// Positions in the packed file.
  package var images: [Int]
  /// For each image, the position of its class in the task's class list.
  package var labels: [Int32]

  package var count: Int { images.count }

  /// - Precondition: one label per image.
  package init(images: [Int], labels: [Int32]) {
    precondition(images.count == labels.count, "a label for each image")
    self.images = images
    self.labels = labels
  }

  /// The examples within a limit, in the same order.
  ///
  /// - Parameter classes: the classes of the task, in label order.
  package func limited(by limit: ExampleLimit, classes: [String]) -> Examples {
    chosen(places(classes: classes) { limit.choice(of: $0, class: $1) }.sorted())
  }

  /// The same in an order drawn from a stream.
  package func shuffled(by stream: RandomStream) -> Examples {
    chosen(stream.permutation(of: count))
  }

  fileprivate func chosen(_ places: [Int]) -> Examples {
    Examples(images: places.map { images[$0] }, labels: places.map { labels[$0] })
  }

  /// The positions of a selection from each class.
  ///
  /// - Parameter choice: selects among the given number of images of a class.
  fileprivate func places(
    classes: [String], _ choice: (_ count: Int, _ class: String) -> [Int]
  ) -> [Int] {
    var places = [[Int]](repeating: [], count: classes.count)
    for (place, label) in labels.enumerated() { places[Int(label)].append(place) }
    return zip(places, classes).flatMap { places, name in
      choice(places.count, name).map { places[$0] }
    }
  }
}

/// An encoded image of a packed dataset that cannot be decoded, although the file is as it was recorded.
package struct DamagedImage: Error, CustomStringConvertible {
  /// Its position in the file.
  package var image: Int
  /// In words.
  package var reason: String

  package var description: String {
    "image \(image) of the packed dataset cannot be decoded: \(reason)"
  }
}
