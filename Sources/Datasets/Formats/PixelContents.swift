import Basics
import Definitions

/// The content of a binary set: images and their classes, without pixels.
struct PixelContents {
  let index: DatasetIndex
  /// The tables of the images that count, by file.
  private(set) var images: [String: PixelTable] = [:]
  let size: DatasetDefinition.Size

  /// The files that have a name in common: images and labels, or several files of both.
  private struct Group {
    var images: [PixelTable] = []
    /// By file, in the order of the records.
    var labels: [(table: PixelTable, numbers: [Int32])] = []
    /// Files that cannot be used, which matters only if the group is.
    var problems: [DiagnosticError] = []
  }

  /// The words of names that say what a file contains, not which subset.
  private static let roles: Set<Substring> = [
    "images", "image", "imgs", "img", "labels", "label", "targets", "target", "x", "y", "idx1",
    "idx3", "idx4", "ubyte", "data", "batch", "bin", "npy", "gz", "raw",
  ]

  /// The words of a file's name that say which subset it is: `train` of `train-images-idx3-ubyte` and of `x_train.npy`.
  static func key(_ file: String) -> String {
    let name = (file.split(separator: "/").last ?? "").lowercased()
    let words = name.split { !($0.isLetter || $0.isNumber) }.filter { word in
      !roles.contains(word) && !word.allSatisfy(\.isNumber)
    }
    return words.joined(separator: "-")
  }

  /// The last words of names by default; CIFAR-10's `data_batch_1.bin` has no other word.
  private static let usual: [Portion: Set<Substring>] = [
    .train: ["train", "training", ""], .test: ["test", "testing", "t10k"],
    .validation: ["val", "valid", "validation"],
  ]

  init(
    _ source: PixelSource, _ set: any PixelSet.Type, _ definition: DatasetDefinition,
    _ declared: DeclaredClasses, unless stop: StopCheck
  ) throws {
    var groups: [String: Group] = [:]
    var names: [String]?
    var passedOver: [String] = []
    var seen: Set<String> = []
    let walk = try source.walk(unless: stop)
    while let file = try walk.next() {
      let start = try file.reader.start(count: PixelSource.startLength)
      if set.isListOfClasses(file.path, definition.labels) {
        names = PixelContents.lines(start)
        continue
      }
      guard set.recognizes(start), seen.insert(file.path).inserted else {
        passedOver.append(file.path)
        continue
      }
      let key = PixelContents.key(file.path)
      var stream = ByteStream(file)
      let found: PixelTable?
      do { found = try set.table(file.path, start, &stream, definition.labels) } catch let error
        as DiagnosticError
      {
        groups[key, default: Group()].problems.append(error)
        continue
      }
      guard var table = found else {
        passedOver.append(file.path)
        continue
      }
      table.headerLength = stream.count
      if table.label != nil {
        let numbers = try table.labels(&stream)
        table.count = numbers.count
        groups[key, default: Group()].labels.append((table, numbers))
      } else {
        try table.checkLength(&stream, size: file.size)
      }
      if table.image != nil { groups[key, default: Group()].images.append(table) }
    }
    // Archives have files in any order.
    for key in groups.keys {
      groups[key]?.images.sort { utf8Order($0.file, $1.file) }
      groups[key]?.labels.sort { utf8Order($0.table.file, $1.table.file) }
    }
    let chosen = try PixelContents.choose(groups, definition, source)
    let used = Set(chosen.map(\.key))
    for (key, group) in groups where !used.contains(key) {
      passedOver += Set(group.images.map(\.file) + group.labels.map(\.table.file))
    }
    var layouts: [PixelTable] = []
    var examples: [(portion: Portion, name: String, label: Int32, file: String)] = []
    for (portion, key) in chosen {
      let group = groups[key] ?? Group()
      let numbers = try PixelContents.paired(group, key, source)
      layouts += group.images
      var position = 0
      for table in group.images {
        for record in 0..<(table.count ?? 0) {
          examples.append((portion, table.name(of: record), numbers[position], table.file))
          position += 1
        }
      }
    }
    guard let first = layouts.first, let layout = first.image else {
      throw DiagnosticError("'\(source.path)' contains no images")
    }
    for table in layouts { images[table.file] = table }
    size = .init(height: layout.height, width: layout.width)
    let numbered = NumberedClasses(
      declared, own: names, largest: Int(examples.lazy.map(\.label).max() ?? 0))
    index = try PixelContents.index(
      examples, numbered, definition, source, passedOver: passedOver.sorted(by: utf8Order))
  }

  private static func lines(_ text: [UInt8]) -> [String] {
    String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
  }

  // MARK: - Subsets

  /// The name of each portion's files.
  private static func choose(
    _ groups: [String: Group], _ definition: DatasetDefinition, _ source: PixelSource
  ) throws -> [(portion: Portion, key: String)] {
    let known = groups.filter { !$0.value.images.isEmpty || !$0.value.problems.isEmpty }.keys
      .sorted(by: utf8Order)
    let subsets = definition.subsets
    return try (subsets ?? .usual).places.map { portion, place in
      let path = place.path ?? "."
      var found: [String]
      if DatasetLayout.components(path).isEmpty {
        found = known
      } else {
        let wanted = key(path)
        found = subsets == nil ? [] : known.filter { $0 == wanted }
      }
      if found.isEmpty, path == portion.rawValue {
        let usual = usual[portion] ?? []
        found = known.filter { usual.contains($0.split(separator: "-").last ?? "") }
      }
      guard let only = found.first, found.count == 1 else {
        let shown = known.map { $0.isEmpty ? "train" : $0 }
        throw DiagnosticError(
          found.isEmpty
            ? "'\(source.path)' has no images of the subset '\(path == "." ? portion.rawValue : path)'"
            : "'\(source.path)' has several sets of images for '\(portion.rawValue)'",
          notes: [
            .init(
              shown.isEmpty
                ? "there are no files of images"
                : "its files of images are named \(quoted(shown, atMost: 12)): "
                  + "'subsets: {\(portion.rawValue): \(shown[0])}' selects one")
          ])
      }
      return (portion, only)
    }
  }

  /// The labels of a group's images, in their order.
  private static func paired(
    _ group: Group, _ key: String, _ source: PixelSource
  ) throws -> [Int32] {
    if !group.problems.isEmpty {
      throw DiagnosticError(group.problems.flatMap(\.diagnostics))
    }
    let files = Set(group.images.map(\.file))
    let both = group.labels.filter { files.contains($0.table.file) }
    if both.count == group.images.count, both.count == group.labels.count {
      return group.labels.flatMap(\.numbers)
    }
    guard group.images.count == 1, group.labels.count == 1 else {
      let name = group.images.first?.file ?? key
      throw DiagnosticError(
        group.labels.isEmpty
          ? "'\(name)' in '\(source.path)' has no file of labels next to it"
          : "there are \(group.images.count) files of images and \(group.labels.count) of labels named "
            + "'\(key)' in '\(source.path)': \(quoted((group.images.map(\.file) + group.labels.map(\.table.file)).sorted(by: utf8Order)))"
      )
    }
    let (images, labels) = (group.images[0], group.labels[0])
    guard images.count == labels.numbers.count else {
      throw DiagnosticError(
        "'\(images.file)' has \(images.count ?? 0) images, but '\(labels.table.file)' has "
          + "\(labels.numbers.count) labels")
    }
    return labels.numbers
  }

  // MARK: - Classes

  private static func index(
    _ examples: [(portion: Portion, name: String, label: Int32, file: String)],
    _ numbered: NumberedClasses, _ definition: DatasetDefinition, _ source: PixelSource,
    passedOver: [String]
  ) throws -> DatasetIndex {
    var classes: [Int32: DatasetIndex.ClassFiles] = [:]
    var validation: [Int32: [String]] = [:]
    var problems = Problems()
    for label in 0..<Int32(numbered.names?.count ?? 0) {
      let name = numbered.name(of: Int(label)) ?? ""
      classes[label] = .init(name: name, train: [], test: [])
    }
    for (portion, name, label, _) in examples {
      var files: DatasetIndex.ClassFiles
      if let known = classes[label] {
        files = known
      } else if let name = numbered.name(of: Int(label)) {
        files = .init(name: name, train: [], test: [])
      } else {
        problems.add(
          DiagnosticError("image '\(name)' has the label \(label), but \(numbered.limits())"))
        continue
      }
      // The entry is moved, so that its lists are not copied.
      classes[label] = nil
      switch portion {
      case .train: files.train.append(name)
      case .test: files.test.append(name)
      case .validation: validation[label, default: []].append(name)
      }
      classes[label] = files
    }
    if let error = problems.error("labels are out of range in '\(source.path)'") { throw error }
    let draw = definition.subsets?.draw
    var complete: [DatasetIndex.ClassFiles] = []
    for (label, files) in classes {
      var files = files
      if let draw { files.drawTest(draw) }
      let held = validation[label] ?? []
      for (list, subset) in [(files.train, "train"), (files.test, "test")] where list.isEmpty {
        problems.add(
          DiagnosticError(
            "class '\(files.name)' of dataset '\(source.path)' has no images in '\(subset)'"))
      }
      files.train += held
      files.validation = held.count
      complete.append(files)
    }
    if let error = problems.error("classes lack images") { throw error }
    return DatasetIndex(
      classes: complete.sorted { utf8Order($0.name, $1.name) }, passedOver: passedOver)
  }
}

extension PixelTable {
  /// The name of an image.
  func name(of record: Int) -> String { "\(file)/\(record)" }

  /// The labels of all records.
  ///
  /// - Throws: `DiagnosticError` if the file ends early, has more than it claims, or a label cannot be a class.
  fileprivate func labels(_ stream: inout ByteStream) throws -> [Int32] {
    guard let label else { return [] }
    var numbers: [Int32] = []
    let batch = max(1, (1 << 20) / recordLength)
    while count.map({ numbers.count < $0 }) ?? true {
      let wanted = min(batch, (count ?? .max) - numbers.count)
      let bytes = try stream.read(wanted * recordLength)
      for start in stride(from: 0, to: bytes.count - recordLength + 1, by: recordLength) {
        guard let number = label.label(bytes[start..<start + recordLength]) else {
          throw DiagnosticError("label \(numbers.count) of '\(file)' is not the number of a class")
        }
        numbers.append(Int32(number))
      }
      guard numbers.count <= DatasetDefinition.mostImages else {
        throw DiagnosticError("'\(file)' has more than \(DatasetDefinition.mostImages) records")
      }
      if bytes.count % recordLength != 0 { throw cutOff(after: numbers.count) }
      if bytes.count < wanted * recordLength {
        guard let count else { break }
        throw DiagnosticError(
          "'\(file)' is cut off: it claims \(count) \(noun)s, but has \(numbers.count)")
      }
    }
    if let count, try stream.skip(atMost: 0) > 0 {
      throw DiagnosticError("'\(file)' has more bytes than the \(count) \(noun)s that it claims")
    }
    return numbers
  }

  private func cutOff(after records: Int) -> DiagnosticError {
    DiagnosticError("'\(file)' is cut off in the middle of \(noun) \(records)")
  }

  /// Checks that a file has as many images as it claims.
  ///
  /// - Parameter size: of the file in bytes, where it is known without reading it.
  fileprivate func checkLength(_ stream: inout ByteStream, size: Int?) throws {
    guard let count else { return }
    let wanted = count * recordLength
    let length: Int
    if let size { length = size - stream.count } else { length = try stream.skip(atMost: wanted) }
    guard length == wanted else {
      throw DiagnosticError(
        length < wanted
          ? "'\(file)' is cut off: it claims \(count) \(noun)s, but has \(length / recordLength)"
          : "'\(file)' has more bytes than the \(count) \(noun)s that it claims")
    }
  }
}
