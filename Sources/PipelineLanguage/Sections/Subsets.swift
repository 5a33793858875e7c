import Basics
import Definitions

extension FieldReader {
  /// Reads a dataset's `subsets`; `nil` in it for the usual ones, `nil` after reporting an error.
  mutating func subsets() -> DatasetSubsets?? {
    optional("subsets", default: DatasetSubsets?.none) { $0.subsets().map(Optional.some) }
  }
}

extension Field {
  /// Reads `{train: Train, test: val}`, where a place is a path in the source, a list, or test images drawn from the others.
  fileprivate func subsets() -> DatasetSubsets? {
    guard var reader = FieldReader(self, Subject("'subsets'")) else { return nil }
    let train = reader.optional("train", default: DatasetSubsets.Place?.none) {
      $0.place().map(Optional.some)
    }
    let test = reader.optional("test", default: DatasetSubsets.Place.path("test")) {
      $0.testPlace()
    }
    let validation = reader.optional("validation", default: DatasetSubsets.Place?.none) {
      $0.validationPlace().map(Optional.some)
    }
    reader.finish()
    guard let train, let test, let validation else { return nil }
    // A folder of classes alone is divided.
    var usual = "train"
    if case .drawn = test { usual = "." }
    let subsets = DatasetSubsets(
      train: train ?? .path(usual), test: test, validation: validation)
    return haveOwnPlaces(subsets) ? subsets : nil
  }

  private func haveOwnPlaces(_ subsets: DatasetSubsets) -> Bool {
    var seen: [(DatasetSubsets.Place, Portion)] = []
    for (portion, place) in subsets.places {
      if let (_, other) = seen.first(where: { $0.0 == place }) {
        context.diagnostics.report(
          "'\(portion.rawValue)' and '\(other.rawValue)' are the same images", at: keySpan)
        return false
      }
      seen.append((place, portion))
    }
    return true
  }

  /// Reads `val`, or `{source: images, list: {file: train.csv, image: path, class: label}}`.
  private func place() -> DatasetSubsets.Place? {
    guard case .mapping = node else { return inside().map(DatasetSubsets.Place.path) }
    guard var reader = FieldReader(self, Subject("the subset", name)) else { return nil }
    let source = reader.optional("source", default: ".") { $0.inside() }
    let list = reader.required("list") { $0.imageList() }
    reader.finish()
    guard let source, let list else { return nil }
    return .list(list, below: source)
  }

  /// The same, or `{fraction: 0.2, seed: 1}`, or `{per-class: 10}`.
  private func testPlace() -> DatasetSubsets.Place? {
    guard case .mapping(let mapping) = node,
      mapping.entries.contains(where: { ["fraction", "per-class"].contains($0.key.text) })
    else { return place() }
    return holdOut().map(DatasetSubsets.Place.drawn)
  }

  private func validationPlace() -> DatasetSubsets.Place? {
    if case .mapping(let mapping) = node,
      mapping.entries.contains(where: { ["fraction", "per-class"].contains($0.key.text) })
    {
      report(
        "validation images are drawn with the dataset's 'hold-out'",
        notes: [Diagnostic.Note("for example 'hold-out: 0.1'")])
      return nil
    }
    return place()
  }

  /// A path in the source.
  private func inside() -> String? {
    guard let text = text() else { return nil }
    if text.isEmpty || text.unicodeScalars.contains("\0") {
      report("'\(name)' must be a path in 'source'")
      return nil
    }
    guard !text.hasPrefix("/"), !text.split(separator: "/").contains("..") else {
      report(
        "'\(name)' must be a path in 'source', not '\(text)'",
        notes: [Diagnostic.Note("'source' names the folder that contains all subsets")])
      return nil
    }
    return text
  }

  /// Reads `train.txt`, or `{file: train.csv, image: path, class: label, first: 1}`.
  private func imageList() -> ImageList? {
    guard case .mapping = node else { return path().map { ImageList(file: $0.content) } }
    guard var reader = FieldReader(self, Subject("'list'")) else { return nil }
    let file = reader.required("file") { $0.path() }
    let imageField = reader.field("image")
    let labelField = reader.field("class")
    let first = reader.optional("first", default: 0) { $0.integer(in: 0...1) }
    reader.finish()
    let image = imageField.map { $0.text() } ?? .some(nil)
    let label = labelField.map { $0.text() } ?? .some(nil)
    guard let file, let first, let image, let label else { return nil }
    switch (image, label) {
    case (let image?, let label?):
      return ImageList(
        file: file.content, columns: .init(image: image, label: label), first: first)
    case (nil, nil): return ImageList(file: file.content, first: first)
    case (nil, _?), (_?, nil):
      context.diagnostics.report(
        "'list' has '\(image == nil ? "class" : "image")' without '\(image == nil ? "image" : "class")'",
        at: keySpan,
        notes: [Diagnostic.Note("a table needs both columns; a list of paths and labels neither")])
      return nil
    }
  }
}
