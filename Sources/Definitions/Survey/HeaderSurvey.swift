import Basics

/// What the headers of a dataset's image files say: read while the content is hashed, so that problems are known
/// before the first image is decoded.
package struct HeaderSurvey: Hashable, Sendable {
  /// A file and what is said about it.
  package struct Remark: Hashable, Sendable {
    /// The path inside the dataset.
    package var name: String
    package var text: String

    package init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }

  /// An image and its size.
  package struct SizedImage: Hashable, Sendable {
    package var name: String
    package var size: DatasetDefinition.Size

    package init(name: String, size: DatasetDefinition.Size) {
      self.name = name
      self.size = size
    }
  }

  /// The number of files that cannot be decoded, by their headers alone, and the reasons for the first of them.
  package var unreadable = 0
  package var reasons: [Remark] = []
  /// The number of images that decoding turns upright.
  package var turned = 0
  /// The first image, and the first one of another size; fewer if sizes are not known or all agree.
  package var sizes: [SizedImage] = []

  /// The maximum number of listed reasons.
  package static let mostReasons = 20

  package init() {}

  package mutating func addUnreadable(_ name: String, because reason: String) {
    unreadable += 1
    if reasons.count < HeaderSurvey.mostReasons { reasons.append(Remark(name: name, text: reason)) }
  }

  package mutating func addSize(_ image: SizedImage) {
    if sizes.isEmpty || sizes.count == 1 && sizes[0].size != image.size { sizes.append(image) }
  }
}

extension HeaderSurvey {
  /// - Throws: `DiagnosticError` for files that preparing the dataset cannot pack.
  package func check(_ definition: DatasetDefinition, name: String) throws(DiagnosticError) {
    var diagnostics: [Diagnostic] = []
    if definition.unreadable == .error, unreadable > 0 {
      let more = unreadable - reasons.count
      diagnostics.append(
        .error(
          "\(unreadable == 1 ? "an image" : "\(grouped(unreadable)) images") of dataset '\(name)' cannot be read",
          notes: reasons.map { .init("'\($0.name)': \($0.text)") }
            + (more > 0 ? [.init("… and \(grouped(more)) more")] : [])
            + [.init("'unreadable: skip' skips such images; 'cambium data' lists them all")]))
    }
    if definition.size == nil, sizes.count == 2 {
      diagnostics.append(
        .error(
          "images of dataset '\(name)' have different sizes: '\(sizes[0].name)' is "
            + "\(sizes[0].size.text), '\(sizes[1].name)' is \(sizes[1].size.text) (height×width)",
          notes: [.init("set the dataset's 'size' to resize all images")]))
    }
    if !diagnostics.isEmpty { throw DiagnosticError(diagnostics) }
  }
}

extension DatasetDefinition.Size {
  /// `480×640`: height, then width.
  package var text: String { "\(height)×\(width)" }
}

extension HeaderSurvey: ValueConvertible {
  package var value: Value {
    [
      "unreadable": .integer(unreadable),
      "reasons": .list(reasons.map { [.string($0.name), .string($0.text)] }),
      "turned": .integer(turned),
      "sizes": .list(
        sizes.map { [.string($0.name), .integer($0.size.height), .integer($0.size.width)] }),
    ]
  }

  /// Reads the output of `value`; `nil` for anything else.
  package init?(_ value: Value) {
    guard let unreadable = value["unreadable"]?.asInteger, unreadable >= 0,
      let turned = value["turned"]?.asInteger, turned >= 0,
      let reasons = value["reasons"]?.asList, let sizes = value["sizes"]?.asList
    else { return nil }
    self.unreadable = unreadable
    self.turned = turned
    for reason in reasons {
      guard let texts = reason.asList?.compactMap(\.asString), texts.count == 2 else { return nil }
      self.reasons.append(Remark(name: texts[0], text: texts[1]))
    }
    for image in sizes {
      guard let parts = image.asList, parts.count == 3, let name = parts[0].asString,
        let height = parts[1].asInteger, let width = parts[2].asInteger,
        1...(1 << 16) ~= height, 1...(1 << 16) ~= width
      else { return nil }
      self.sizes.append(SizedImage(name: name, size: .init(height: height, width: width)))
    }
  }
}
