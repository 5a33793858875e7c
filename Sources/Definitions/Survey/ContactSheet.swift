/// Images for a contact sheet, as a network reads them, with the mean added back.
package struct ContactSheet: Sendable {
  package struct Row: Sendable {
    /// The name of the class.
    package var name: String
    /// As evaluation reads them.
    package var plain: [SheetImage]
    /// The same as training reads them; empty if nothing is changed at random.
    package var augmented: [SheetImage]

    package init(name: String, plain: [SheetImage], augmented: [SheetImage]) {
      self.name = name
      self.plain = plain
      self.augmented = augmented
    }
  }

  /// The shape of the network's input.
  package var input: Shape
  package var rows: [Row]
  /// The number of classes of the dataset.
  package var classes: Int

  package init(input: Shape, rows: [Row], classes: Int) {
    self.input = input
    self.rows = rows
    self.classes = classes
  }
}

/// One of its images.
package struct SheetImage: Hashable, Sendable {
  package var height: Int
  package var width: Int
  /// 1 for grey, 3 for red, green, blue.
  package var channels: Int
  /// height × width × channels.
  package var pixels: [UInt8]

  package init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
    precondition(pixels.count == height * width * channels, "pixels fill the image")
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }
}
