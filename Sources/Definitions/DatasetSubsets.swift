import Basics

/// Where the subsets of a dataset are, if not in folders named `train` and `test`.
package struct DatasetSubsets: Hashable, Sendable {
  package enum Place: Hashable, Sendable {
    /// A path in the source: a folder, an archive, or archives by the pattern `train-{000000..000146}.tar`. For binary
    /// sets, the name that its files have in common. `.` is the source itself.
    case path(String)
    /// The images that a list names, by paths that start at a path in the source.
    case list(ImageList, below: String)
    /// Images drawn from the training images of each class.
    case drawn(HoldOut)

    /// The path in the source; `nil` for drawn images.
    package var path: String? {
      switch self {
      case .path(let path), .list(_, below: let path): path
      case .drawn: nil
      }
    }
  }

  package var train: Place
  package var test: Place
  /// `nil` for none: then the dataset's `hold-out` sets training images aside.
  package var validation: Place?

  package init(train: Place, test: Place, validation: Place? = nil) {
    self.train = train
    self.test = test
    self.validation = validation
  }

  /// Folders named `train` and `test`.
  package static let usual = DatasetSubsets(train: .path("train"), test: .path("test"))

  /// All places but drawn ones, by portion.
  package var places: [(portion: Portion, place: Place)] {
    [(Portion.train, train), (.validation, validation), (.test, test)].compactMap {
      portion, place in
      guard let place, place.path != nil else { return nil }
      return (portion, place)
    }
  }

  package var lists: [ImageList] {
    places.compactMap { if case .list(let list, _) = $0.place { list } else { nil } }
  }

  /// How the test images are drawn; `nil` if they have a place.
  package var draw: HoldOut? { if case .drawn(let draw) = test { draw } else { nil } }

  /// Applies a change to the file of each list.
  package mutating func changeLists(_ change: (String) -> String) {
    func changed(_ place: Place) -> Place {
      guard case .list(var list, let below) = place else { return place }
      list.file = change(list.file)
      return .list(list, below: below)
    }
    train = changed(train)
    test = changed(test)
    validation = validation.map(changed)
  }
}

/// A file that lists images and their classes.
package struct ImageList: Hashable, Sendable {
  /// The columns of a table with a heading.
  package struct Columns: Hashable, Sendable {
    package var image: String
    package var label: String

    package init(image: String, label: String) {
      self.image = image
      self.label = label
    }
  }

  /// Relative paths start at the pipeline file's folder.
  package var file: String
  /// `nil` for lines of a path and a label, or only a label for each image by name.
  package var columns: Columns?
  /// The number of the first class, where labels are numbers.
  package var first: Int

  package init(file: String, columns: Columns? = nil, first: Int = 0) {
    self.file = file
    self.columns = columns
    self.first = first
  }
}

extension DatasetSubsets: ValueConvertible {
  package var value: Value {
    var entries = ["train": train.value, "test": test.value]
    entries["validation"] = validation?.value
    return .map(entries)
  }
}

extension DatasetSubsets.Place: ValueConvertible {
  package var value: Value {
    switch self {
    case .path(let path): .string(path)
    case .list(let list, let below): ["list": list.value, "below": .string(below)]
    case .drawn(let draw): draw.value
    }
  }
}

extension ImageList: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = ["file": .string(file), "first": .integer(first)]
    entries["image"] = columns.map { .string($0.image) }
    entries["class"] = columns.map { .string($0.label) }
    return .map(entries)
  }
}

extension DatasetDefinition {
  /// Distinguishes ways to read one source, which find other images or labels in it; empty for the usual way.
  package var readingKey: String {
    var key = subsets.map { ", subsets: " + $0.value.fingerprint.hexadecimal } ?? ""
    if labels != .fine { key += ", labels: \(labels.rawValue)" }
    if orientation == .ignore { key += ", orientation: ignore" }
    return key
  }
}
