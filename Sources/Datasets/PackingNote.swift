import Basics
import Definitions

/// The progress of packing a dataset.
struct PackingNote: Hashable {
  /// An image that was left out.
  struct Gap: Hashable {
    var position: Int
    var name: String
    /// The reason, in words.
    var reason: String
  }

  /// The number of processed images of the source.
  var items: Int
  /// Over the file's header, if it is known, and all written images in the order of the source.
  var digest: Fingerprint
  /// The size of all images.
  var size: DatasetDefinition.Size
  /// The image that determined the size.
  var first: String
  var unreadable: [Gap]
  /// The number of processed images with each trait.
  var traits: [ImageTrait: Int]
}

extension PackingNote {
  var value: Value {
    [
      "items": .integer(items), "digest": .string(digest.hexadecimal),
      "height": .integer(size.height), "width": .integer(size.width), "first": .string(first),
      "unreadable": .list(
        unreadable.map {
          [
            "position": .integer($0.position), "name": .string($0.name),
            "reason": .string($0.reason),
          ]
        }),
      "traits": ImageTrait.value(of: traits),
    ]
  }

  /// The range of an image's height and width, in pixels.
  private static let sides = 1...1 << 16

  /// Reads the output of `value`; `nil` for anything else.
  init?(_ value: Value) {
    guard let items = value["items"]?.asInteger, items > 0,
      let digest = value["digest"]?.asString.flatMap({ Fingerprint(hexadecimal: $0) }),
      let height = value["height"]?.asInteger, let width = value["width"]?.asInteger,
      PackingNote.sides.contains(height), PackingNote.sides.contains(width),
      let first = value["first"]?.asString, let gaps = value["unreadable"]?.asList,
      let traits = value["traits"].flatMap(ImageTrait.counts)
    else { return nil }
    self.items = items
    self.digest = digest
    size = DatasetDefinition.Size(height: height, width: width)
    self.first = first
    self.traits = traits
    unreadable = []
    for gap in gaps {
      guard let position = gap["position"]?.asInteger, let name = gap["name"]?.asString,
        let reason = gap["reason"]?.asString
      else { return nil }
      unreadable.append(Gap(position: position, name: name, reason: reason))
    }
  }
}
