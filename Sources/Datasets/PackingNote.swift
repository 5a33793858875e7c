import Basics
import Definitions

/// How far a dataset has been packed.
struct PackingNote: Hashable {
  /// An image that was left out.
  struct Gap: Hashable {
    var position: Int
    var name: String
    /// Why, in words.
    var reason: String
  }

  /// Images of the source that are done.
  var items: Int
  /// Of the digests of all that were written, in the order of the source.
  var digest: Fingerprint
  /// What all images have.
  var size: DatasetDefinition.Size
  /// The image that told the size.
  var first: String
  var unreadable: [Gap]
  /// How many of the images that are done have what.
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

  /// What may be the side of an image, in pixels.
  private static let sides = 1...1 << 16

  /// Reads what `value` gives; `nil` for anything else.
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
