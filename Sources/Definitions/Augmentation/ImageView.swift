/// The view of one image: where the network's input is cropped, and whether it is mirrored.
package struct ImageView: Hashable, Sendable {
  /// The range of the crop's upper left corner, relative to that of the image with its border.
  package let freedom: Freedom
  /// The position of the corner.
  package var top: Int
  package var left: Int
  /// Left to right.
  package var isMirrored = false

  package struct Freedom: Hashable, Sendable {
    package var vertical: Int
    package var horizontal: Int

    package init(vertical: Int, horizontal: Int) {
      self.vertical = vertical
      self.horizontal = horizontal
    }
  }

  /// The centre crop of the image.
  package init(centeredIn freedom: Freedom) {
    self.freedom = freedom
    top = freedom.vertical / 2
    left = freedom.horizontal / 2
  }
}

/// A part of an image, in pixels.
package struct PixelRectangle: Hashable, Sendable {
  package var top: Int
  package var left: Int
  package var height: Int
  package var width: Int

  package init(top: Int, left: Int, height: Int, width: Int) {
    self.top = top
    self.left = left
    self.height = height
    self.width = width
  }
}
