import Basics

/// What is in a dataset: classes, sizes, values of pixels, images that occur twice, files that deserve a look.
package struct DatasetSurvey: Hashable, Sendable {
  /// The readable images of a class.
  package struct ClassCounts: Hashable, Sendable {
    package var name: String
    package var train: Int
    /// Training images that are held out.
    package var validation: Int
    package var test: Int

    package init(name: String, train: Int, validation: Int, test: Int) {
      self.name = name
      self.train = train
      self.validation = validation
      self.test = test
    }
  }

  /// Where the values of pixels come from.
  package enum Pixels: String, Hashable, Sendable {
    /// The files were decoded.
    case decoded
    /// The store has the packed images.
    case packed
  }

  package var pixels: Pixels
  /// By ascending UTF-8 bytes.
  package var classes: [ClassCounts]
  /// The sizes of the images in their files; `nil` if the files are not there.
  package var sizes: SizeDistribution?
  package var channels: Int
  /// The size of packed images; `nil` if they differ in size and none is set.
  package var packedSize: DatasetDefinition.Size?
  /// Of the training images that are not held out, as they are packed; `nil` if none can be read.
  package var statistics: ChannelStatistics?
  package var duplicates: DuplicateImages
  package var unreadable: FileList
  /// Images that are treated in a particular way, or look like mistakes; only what occurs.
  package var unusual: [(kind: UnusualImage, files: FileList)]
  /// System files and notes in class folders, which are ignored.
  package var passedOver: FileList

  package init(
    pixels: Pixels, classes: [ClassCounts], sizes: SizeDistribution?, channels: Int,
    packedSize: DatasetDefinition.Size?, statistics: ChannelStatistics?,
    duplicates: DuplicateImages, unreadable: FileList,
    unusual: [(kind: UnusualImage, files: FileList)], passedOver: FileList
  ) {
    self.pixels = pixels
    self.classes = classes
    self.sizes = sizes
    self.channels = channels
    self.packedSize = packedSize
    self.statistics = statistics
    self.duplicates = duplicates
    self.unreadable = unreadable
    self.unusual = unusual
    self.passedOver = passedOver
  }

  package static func == (one: DatasetSurvey, other: DatasetSurvey) -> Bool {
    one.value == other.value
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

/// A reason to list an image.
package enum UnusualImage: Hashable, Sendable {
  case trait(ImageTrait)
  /// All pixels have one colour.
  case uniform
  /// Both sides are shorter than those that it is enlarged to.
  case enlarged

  package static let all: [UnusualImage] =
    ImageTrait.allCases.map(UnusualImage.trait) + [.uniform, .enlarged]

  /// The key in JSON.
  package var key: String {
    switch self {
    case .trait(let trait): trait.rawValue
    case .uniform: "uniform"
    case .enlarged: "enlarged"
    }
  }

  /// `3 images in CMYK, converted to RGB without a colour profile`.
  package func remark(_ count: Int) -> String {
    let images = counted(count, "image")
    return switch self {
    case .trait(let trait): trait.remark(count)
    case .uniform: "\(images) of one colour"
    case .enlarged: "\(images) smaller than 'size', enlarged"
    }
  }
}

/// Files with a property in common: their number, and the first ones.
package struct FileList: Hashable, Sendable {
  package struct File: Hashable, Sendable {
    /// The path inside the dataset.
    package var name: String
    /// In words; `nil` where the property is reason enough.
    package var reason: String?

    package init(_ name: String, reason: String? = nil) {
      self.name = name
      self.reason = reason
    }
  }

  package private(set) var count = 0
  /// In the order of the dataset, at most `most`. Fewer than `count` also where names are not known.
  package private(set) var first: [File] = []

  /// A longer list takes memory, and nobody reads it.
  package static let most = 1000

  package init() {}

  /// - Parameter count: including those without a name.
  package init(_ names: [String], count: Int? = nil) {
    for name in names { add(File(name)) }
    self.count = max(names.count, count ?? 0)
  }

  package mutating func add(_ file: File) {
    count += 1
    if first.count < FileList.most { first.append(file) }
  }
}

/// How many images have which height and width.
package struct SizeDistribution: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var size: DatasetDefinition.Size
    package var count: Int
  }

  /// The smallest, the middle and the largest of some numbers. Of an even number of them, the lower middle one.
  package struct Spread: Hashable, Sendable {
    package var least: Int
    package var median: Int
    package var largest: Int

    package init(least: Int, median: Int, largest: Int) {
      self.least = least
      self.median = median
      self.largest = largest
    }
  }

  private var counts: [DatasetDefinition.Size: Int] = [:]
  /// Images of sizes beyond the limit on different ones.
  package private(set) var others = 0
  private var heights: [Int: Int] = [:]
  private var widths: [Int: Int] = [:]

  /// The maximum number of different sizes that are counted one by one.
  package static let most = 65_536

  package init() {}

  package mutating func add(_ size: DatasetDefinition.Size) {
    heights[size.height, default: 0] += 1
    widths[size.width, default: 0] += 1
    if counts[size] != nil || counts.count < SizeDistribution.most {
      counts[size, default: 0] += 1
    } else {
      others += 1
    }
  }

  /// The most frequent size first; of equally frequent ones, the smallest.
  package var entries: [Entry] {
    counts.map { Entry(size: $0.key, count: $0.value) }.sorted { one, other in
      (-one.count, one.size.height, one.size.width)
        < (-other.count, other.size.height, other.size.width)
    }
  }

  /// `nil` without images.
  package var height: Spread? { SizeDistribution.spread(of: heights) }
  package var width: Spread? { SizeDistribution.spread(of: widths) }

  private static func spread(of counts: [Int: Int]) -> Spread? {
    let sorted = counts.sorted { $0.key < $1.key }
    guard let least = sorted.first?.key, let largest = sorted.last?.key else { return nil }
    let total = counts.values.reduce(0, +)
    var seen = 0
    for (side, count) in sorted {
      seen += count
      if 2 * seen >= total { return Spread(least: least, median: side, largest: largest) }
    }
    return nil
  }
}

/// Means and deviations of the values of pixels, by channel.
package struct ChannelStatistics: Hashable, Sendable {
  /// Of values 0…1: red, green, blue, or grey. The deviation is that of all pixels of all images from the mean.
  package var mean: [Double]
  package var deviation: [Double]
  /// The number of images.
  package var images: Int

  package init(mean: [Double], deviation: [Double], images: Int) {
    self.mean = mean
    self.deviation = deviation
    self.images = images
  }

  /// `normalize: {mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616]}`: to be pasted into a dataset.
  package var setting: String {
    func list(_ numbers: [Double], least: Double) -> String {
      "[\(numbers.map { fixed(max(least, $0), decimals: 4) }.joined(separator: ", "))]"
    }
    // Images of one colour have none; what is pasted must be allowed.
    return
      "normalize: {mean: \(list(mean, least: 0)), deviation: \(list(deviation, least: 0.001))}"
  }
}

/// Images with the same pixels.
package struct DuplicateImages: Hashable, Sendable {
  package struct Group: Hashable, Sendable {
    /// Paths inside the dataset, training images first.
    package var files: [String]
    package var isInBothSubsets: Bool
    package var hasSeveralClasses: Bool

    package init(files: [String], isInBothSubsets: Bool, hasSeveralClasses: Bool) {
      self.files = files
      self.isInBothSubsets = isInBothSubsets
      self.hasSeveralClasses = hasSeveralClasses
    }
  }

  /// Test images that are training images as well.
  package var testInTraining = 0
  /// Images that repeat an earlier one of their subset.
  package var repeatedInTraining = 0
  package var repeatedInTest = 0
  /// Groups of equal images in different classes.
  package var contradictory = 0
  package var groupCount = 0
  /// Those in both subsets first, then those in several classes, then the others; at most `most`.
  package var groups: [Group] = []

  package static let most = 1000

  package init() {}
}

// MARK: - JSON

extension DatasetSurvey: ValueConvertible {
  /// `{"pixels", "channels", "classes": [{"name", "train", "validation", "test"}], "sizes": {"height": {"least",
  /// "median", "largest"}, "width", "most-frequent": [{"height", "width", "count"}], "different"}, "packed-size":
  /// [height, width], "statistics": {"mean", "deviation", "images"}, "duplicates": {"test-in-training",
  /// "repeated-in-training", "repeated-in-test", "contradictory", "group-count", "groups": [{"files",
  /// "both-subsets", "several-classes"}]}, "unreadable": {"count", "files": [{"name", "reason"}]}, "unusual":
  /// {"cmyk": {"count", "files"}, …}, "passed-over": {"count", "files"}}`. What is not known is left out.
  package var value: Value {
    var entries: [String: Value] = [
      "pixels": .string(pixels.rawValue), "channels": .integer(channels),
      "classes": .list(
        classes.map {
          [
            "name": .string($0.name), "train": .integer($0.train),
            "validation": .integer($0.validation), "test": .integer($0.test),
          ]
        }),
      "duplicates": duplicates.value, "unreadable": unreadable.value,
      "unusual": .map(
        Dictionary(uniqueKeysWithValues: unusual.map { ($0.kind.key, $0.files.value) })),
      "passed-over": passedOver.value,
    ]
    entries["sizes"] = sizes?.value
    entries["packed-size"] = packedSize.map { [.integer($0.height), .integer($0.width)] }
    entries["statistics"] = statistics.map {
      [
        "mean": .list($0.mean.map(Value.number)),
        "deviation": .list($0.deviation.map(Value.number)),
        "images": .integer($0.images),
      ]
    }
    return .map(entries)
  }
}

extension FileList: ValueConvertible {
  package var value: Value {
    [
      "count": .integer(count),
      "files": .list(
        first.map { file in
          var entries: [String: Value] = ["name": .string(file.name)]
          entries["reason"] = file.reason.map(Value.string)
          return .map(entries)
        }),
    ]
  }
}

extension SizeDistribution: ValueConvertible {
  /// The number of sizes that are listed.
  private static let mostListed = 100

  package var value: Value {
    let entries = entries
    func value(_ spread: Spread?) -> Value {
      guard let spread else { return .null }
      return [
        "least": .integer(spread.least), "median": .integer(spread.median),
        "largest": .integer(spread.largest),
      ]
    }
    return [
      "height": value(height), "width": value(width), "different": .integer(entries.count),
      "most-frequent": .list(
        entries.prefix(SizeDistribution.mostListed).map {
          [
            "height": .integer($0.size.height), "width": .integer($0.size.width),
            "count": .integer($0.count),
          ]
        }),
    ]
  }
}

extension DuplicateImages: ValueConvertible {
  package var value: Value {
    [
      "test-in-training": .integer(testInTraining),
      "repeated-in-training": .integer(repeatedInTraining),
      "repeated-in-test": .integer(repeatedInTest), "contradictory": .integer(contradictory),
      "group-count": .integer(groupCount),
      "groups": .list(
        groups.map {
          [
            "files": .list($0.files.map(Value.string)),
            "both-subsets": .bool($0.isInBothSubsets),
            "several-classes": .bool($0.hasSeveralClasses),
          ]
        }),
    ]
  }
}
