import ArtifactStore
import Basics

/// What activates the units of a network, and where images lie in the plane of largest variance: `pictures.bin`.
package struct LayerPictures: Hashable, Sendable {
  /// An image that activates a unit.
  package struct Exemplar: Hashable, Sendable {
    /// Subset, class and position: `test/cat/17`.
    package var image: String
    package var activation: Double
    /// What the unit sees of the image, or a smaller version of it: rows of red, green and blue.
    package var width: Int
    package var height: Int
    package var pixels: [UInt8]

    package init(
      image: String, activation: Double, width: Int, height: Int, pixels: [UInt8]
    ) {
      self.image = image
      self.activation = activation
      self.width = width
      self.height = height
      self.pixels = pixels
    }
  }

  package struct Layer: Hashable, Sendable {
    package var name: String
    /// For each of its first units, the images in descending order of activation.
    package var units: [[Exemplar]]
    /// For some images, the places along the first two principal components, and their class.
    package var places: [Place]
    /// The shares of the variance along these.
    package var shares: [Double]

    package init(name: String, units: [[Exemplar]], places: [Place], shares: [Double]) {
      self.name = name
      self.units = units
      self.places = places
      self.shares = shares
    }
  }

  package struct Place: Hashable, Sendable {
    package var x: Double
    package var y: Double
    package var label: Int

    package init(x: Double, y: Double, label: Int) {
      self.x = x
      self.y = y
      self.label = label
    }
  }

  package var classes: [String]
  package var layers: [Layer]

  package init(classes: [String], layers: [Layer]) {
    self.classes = classes
    self.layers = layers
  }
}

extension LayerPictures: ResultFile {
  package static let file = ArtifactFile("pictures.bin")
  private static let format = 1

  /// Eight bytes with the length of a JSON text, the text, and the pixels of all exemplars in its order:
  /// `{"format": 1, "classes", "layers": [{"name", "units": [[{"image", "activation", "width", "height"}]], "places": [[x, y, label]],
  /// "shares"}]}`
  package var contents: [UInt8] {
    var pixels: [UInt8] = []
    let layers = layers.map { layer -> Value in
      [
        "name": .string(layer.name),
        "units": .list(
          layer.units.map { exemplars in
            .list(
              exemplars.map { exemplar in
                pixels += exemplar.pixels
                return [
                  "image": .string(exemplar.image), "activation": .number(exemplar.activation),
                  "width": .integer(exemplar.width), "height": .integer(exemplar.height),
                ]
              })
          }),
        "places": .list(
          layer.places.map { .list([.number($0.x), .number($0.y), .integer($0.label)]) }),
        "shares": .list(layer.shares.map(Value.number)),
      ]
    }
    let text: Value = [
      "format": .integer(LayerPictures.format), "classes": .list(classes.map(Value.string)),
      "layers": .list(layers),
    ]
    let json = Array(text.json().utf8)
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json + pixels
  }

  package init(contents: [UInt8]) throws(DiagnosticError) {
    guard contents.count >= 8 else { throw DiagnosticError("it is cut off") }
    let length = contents[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(contents.count - 8) else { throw DiagnosticError("it is cut off") }
    let start = 8 + Int(length)
    let value: Value
    do { value = try Value(json: Array(contents[8..<start])) } catch {
      throw DiagnosticError("not JSON: \(error)")
    }
    guard let format = value["format"]?.asInteger else { throw DiagnosticError("no format") }
    guard format == LayerPictures.format else {
      throw DiagnosticError("format \(format), which this program does not read")
    }
    var rest = contents[start...]
    func exemplar(_ value: Value) -> Exemplar? {
      guard let image = value["image"]?.asString, let activation = value["activation"]?.double,
        let width = value["width"]?.asCount, let height = value["height"]?.asCount,
        1...4096 ~= width, 1...4096 ~= height, rest.count >= 3 * width * height
      else { return nil }
      defer { rest = rest.dropFirst(3 * width * height) }
      return Exemplar(
        image: image, activation: activation, width: width, height: height,
        pixels: Array(rest.prefix(3 * width * height)))
    }
    guard let classes = value["classes"]?.elements(\.asString),
      let layers = value["layers"]?.elements({ layer -> Layer? in
        guard let name = layer["name"]?.asString,
          let units = layer["units"]?.elements({ $0.elements(exemplar) }),
          let shares = layer["shares"]?.elements(\.double),
          let places = layer["places"]?.elements({ place -> Place? in
            guard let numbers = place.asList, numbers.count == 3, let x = numbers[0].double,
              let y = numbers[1].double, let label = numbers[2].asCount,
              classes.indices.contains(label)
            else { return nil }
            return Place(x: x, y: y, label: label)
          })
        else { return nil }
        return Layer(name: name, units: units, places: places, shares: shares)
      }), rest.isEmpty
    else { throw DiagnosticError("an entry is missing, or not what it should be") }
    self.init(classes: classes, layers: layers)
  }
}

/// What a pictures stage shows.
package struct PicturesResult: Hashable, Sendable {
  /// Images looked at.
  package var images: Int
  package var layers: [String]

  package init(images: Int, layers: [String]) {
    self.images = images
    self.layers = layers
  }
}

extension PicturesResult: RecordedResult {
  /// `{"images", "layers"}`
  package var metrics: Value {
    ["images": .integer(images), "layers": .list(layers.map(Value.string))]
  }

  package func words(in record: StageRecord) -> [String] {
    [
      "pictures of \(layers.joined(separator: ", ")) from \(counted(images, "image")): 'show --figures' draws them"
    ]
  }

  package init?(metrics: Value) {
    guard let images = metrics["images"]?.asCount,
      let layers = metrics["layers"]?.elements(\.asString)
    else { return nil }
    self.init(images: images, layers: layers)
  }
}
