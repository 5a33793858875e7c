import Basics
import Definitions

/// A dataset, and the locations of its parts.
///
/// A class, since the checks of every stage look at it.
final class LocatedDataset: Sendable {
  let definition: DatasetDefinition
  /// The locations of the given values, by key.
  let places: [String: SourceSpan]
  /// The classes, if the definition itself states them.
  let classes: KnownClasses?

  init(definition: DatasetDefinition, places: [String: SourceSpan]) {
    self.definition = definition
    self.places = places
    classes = definition.knownClasses
  }

  /// Reads `{source: …, size: …, augment: […], …}`.
  static func read(_ name: String, _ field: Field) -> LocatedDataset? {
    guard var reader = FieldReader(field, Subject("dataset", name)) else { return nil }
    let source = reader.source()
    let subsets = reader.subsets()
    let labels = reader.optional("labels", default: .fine) {
      $0.choice(DatasetDefinition.Labels.self)
    }
    let size = reader.optional("size", default: DatasetDefinition.Size?.none) {
      DatasetDefinition.Size.read($0).map(Optional.some)
    }
    let fit = reader.optional("fit", default: .stretch) { $0.choice(DatasetDefinition.Fit.self) }
    let channels = reader.optional("channels", default: 3) { $0.channels() }
    let unreadable = reader.optional("unreadable", default: .error) {
      $0.choice(DatasetDefinition.Unreadable.self)
    }
    let orientation = reader.optional("orientation", default: .apply) {
      $0.choice(DatasetDefinition.Orientation.self)
    }
    let storage = reader.optional("storage", default: .pixels) { $0.storage() }
    let preprocessing = reader.preprocessing(channels: channels)
    let declaration = reader.declaration()
    let holdOut = reader.optional("hold-out", default: HoldOut?.none) {
      $0.holdOut().map(Optional.some)
    }
    reader.finish()
    guard let source, let subsets, let labels, let size, let fit, let channels, let unreadable,
      let orientation, let storage, let preprocessing, let declaration, let holdOut
    else { return nil }
    let definition = DatasetDefinition(
      source: source, subsets: subsets, labels: labels, size: size, fit: fit, channels: channels,
      unreadable: unreadable, orientation: orientation, storage: storage,
      preprocessing: preprocessing, declaration: declaration, holdOut: holdOut)
    let dataset = LocatedDataset(definition: definition, places: reader.places)
    return DatasetContent(
      name: name, dataset: dataset, owner: field.keySpan, context: field.context
    )
    .check() ? dataset : nil
  }
}

extension DatasetDefinition.Size {
  /// Reads `32`, or `[height, width]`.
  fileprivate static func read(_ field: Field) -> Self? {
    guard case .sequence(let sequence) = field.node else {
      return field.integer(in: NetworkLimits.extent).flatMap { modest($0, $0, field) }
    }
    guard sequence.elements.count == 2 else {
      field.report("'size' must be one number, or [height, width]")
      return nil
    }
    guard let extents = field.list("[height, width]", { $0.integer(in: NetworkLimits.extent) })
    else { return nil }
    return modest(extents[0], extents[1], field)
  }

  /// The size, if even colour images of this size are within the limits of a network's input.
  private static func modest(_ height: Int, _ width: Int, _ field: Field) -> Self? {
    guard 3 * height * width <= NetworkLimits.activations else {
      field.report("an image of \(height)×\(width) is too large")
      return nil
    }
    return Self(height: height, width: width)
  }
}

extension Field {
  /// Reads `imagenet`, or `{mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225]}`.
  ///
  /// - Parameter channels: how many numbers each needs; `nil` where that is not known.
  fileprivate func normalization(channels: Int?) -> Normalization? {
    guard case .mapping = node else {
      if case .sequence = node {
        mismatch("imagenet, or {mean: [...], deviation: [...]}")
        return nil
      }
      guard word(["imagenet"]) != nil else { return nil }
      guard let channels, channels != 3 else { return .imageNet }
      report("'imagenet' is the normalization of colour images; this dataset has 'channels: 1'")
      return nil
    }
    guard var reader = FieldReader(self, Subject("'normalize'")) else { return nil }
    let mean = reader.required("mean") { $0.numbers(.unitValue, channels) }
    let deviation = reader.required("deviation") { $0.numbers(.unitDeviation, channels) }
    reader.finish()
    guard let mean, let deviation else { return nil }
    return .fixed(mean: mean, deviation: deviation)
  }

  /// A number for each channel; for grey images one number is enough.
  private func numbers(_ limits: NumberLimits, _ channels: Int?) -> [Double]? {
    let numbers: [Double]?
    if case .sequence = node {
      numbers = list("a list of a number for each channel") { $0.number(limits) }
    } else {
      numbers = number(limits).map { [$0] }
    }
    guard let numbers else { return nil }
    guard let channels, numbers.count != channels else { return numbers }
    report(
      "'\(name)' has \(numbers.count == 1 ? "one number" : "\(numbers.count) numbers") for "
        + "\(channels == 1 ? "1 channel" : "\(channels) channels")",
      notes: [
        Diagnostic.Note(
          channels == 1
            ? "for greyscale images: \(name): 0.5" : "for colour images: \(name): [0.5, 0.5, 0.5]")
      ])
    return nil
  }

  /// Reads `pixels`, `jpeg`, or `{jpeg: {quality: 90}}`.
  fileprivate func storage() -> DatasetDefinition.Storage? {
    typealias Storage = DatasetDefinition.Storage
    guard case .mapping = node else {
      guard let word = word(["pixels", "jpeg"]) else { return nil }
      return word == "pixels" ? .pixels : .jpeg(quality: Storage.usualQuality)
    }
    guard var reader = FieldReader(self, Subject("'storage'")) else { return nil }
    let quality = reader.required("jpeg") { field -> Int? in
      guard var settings = FieldReader(field, Subject("'jpeg'")) else { return nil }
      let quality = settings.optional("quality", default: Storage.usualQuality) {
        $0.integer(in: Storage.qualities)
      }
      settings.finish()
      return quality
    }
    reader.finish()
    return quality.map { .jpeg(quality: $0) }
  }

  fileprivate func channels() -> Int? { word(["3", "1"]).flatMap { Int($0) } }

  /// A path, or the name of the built-in dataset.
  fileprivate func sourceText() -> String? {
    guard let text = text() else { return nil }
    if text.isEmpty || text.unicodeScalars.contains("\0") {
      report("'\(name)' must be a path, or builtin:shapes")
      return nil
    }
    return text
  }
}

extension FieldReader {
  private static let builtin = "builtin:"
  private static let shapes = "builtin:shapes"
  /// The range of images per class in a subset of the built-in dataset.
  private static let examples = 1...1_000_000

  fileprivate mutating func source() -> DatasetDefinition.Source? {
    let sourceField = field("source")
    let seedField = field("seed")
    let examplesField = field("examples")
    guard let sourceField else {
      context.diagnostics.report("\(subject) lacks 'source'", at: owner)
      return nil
    }
    guard let text = sourceField.sourceText() else { return nil }
    guard text.hasPrefix(FieldReader.builtin) else {
      for field in [seedField, examplesField].compactMap({ $0 }) {
        context.diagnostics.report(
          "\(subject) is read from files: '\(field.name)' belongs to \(FieldReader.shapes)",
          at: field.keySpan)
      }
      return seedField == nil && examplesField == nil ? .path(context.path(text)) : nil
    }
    guard text == FieldReader.shapes else {
      sourceField.report(
        "there is no built-in dataset '\(text)'",
        notes: [Diagnostic.Note("the built-in dataset is \(FieldReader.shapes)")])
      return nil
    }
    let seed = seedField.map { $0.seed() } ?? 0
    guard let counts = FieldReader.exampleCounts(examplesField), let seed else { return nil }
    return .shapes(seed: seed, train: counts.train, test: counts.test)
  }

  private static func exampleCounts(_ field: Field?) -> (train: Int, test: Int)? {
    guard let field else { return (500, 100) }
    guard var reader = FieldReader(field, Subject("'examples'")) else { return nil }
    let train = reader.optional("train", default: 500) { $0.integer(in: examples) }
    let test = reader.optional("test", default: 100) { $0.integer(in: examples) }
    reader.finish()
    guard let train, let test else { return nil }
    return (train, test)
  }

  /// - Parameter channels: of the dataset's images; `nil` where they are not known.
  fileprivate mutating func preprocessing(channels: Int?) -> Preprocessing? {
    let normalization = normalization(channels: channels)
    let steps = optional("augment", default: []) { $0.augmentation(channels: channels) }
    guard let normalization, let steps else { return nil }
    return Preprocessing(normalization, augmentation: steps)
  }

  /// `mean` and `scale`, or `normalize`.
  private mutating func normalization(channels: Int?) -> Normalization? {
    let given = field("normalize")
    let computed = [field("mean"), field("scale")].compactMap { $0 }
    guard let given else {
      let mean = optional("mean", default: Mean.computed(.image)) { $0.mean() }
      let scale = optional("scale", default: 1.0 / 64) { $0.number(.positive) }
      guard let mean, let scale else { return nil }
      return switch mean {
      case .computed(let mean): .centered(mean, scale: scale)
      case .file(let path): .given(MeanFile(path: path), scale: scale)
      }
    }
    for other in computed {
      other.report(
        "'\(other.name)' cannot be combined with 'normalize'",
        notes: [Diagnostic.Note("'normalize' is given here", at: given.keySpan)])
    }
    let normalization = given.normalization(channels: channels)
    return computed.isEmpty ? normalization : nil
  }
}

/// What `mean` says.
private enum Mean {
  case computed(Normalization.Mean)
  case file(String)
}

extension Field {
  /// Endings that mark a file rather than a word.
  private static let meanSuffixes = [".binaryproto", ".safetensors"]

  /// Reads `image`, `color`, `none`, or the path of a file with a mean.
  fileprivate func mean() -> Mean? {
    if case .scalar(let scalar) = node, let text = context.resolve(scalar)?.text,
      Field.meanSuffixes.contains(where: text.hasSuffix)
    {
      return path().map { .file($0.content) }
    }
    return word(
      Normalization.Mean.allCases.map(\.rawValue), orElse: ["a file (.binaryproto, .safetensors)"]
    ).flatMap(Normalization.Mean.init(rawValue:)).map(Mean.computed)
  }

  /// A seed for random numbers.
  func seed() -> UInt64? { integer(in: 0...Int.max).map { UInt64($0) } }
}
