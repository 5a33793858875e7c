import Basics

/// Images in classes, with a training and a test subset, and their preprocessing.
package struct DatasetDefinition: Hashable, Sendable {
  /// The maximum number of images of a dataset, limited so that products with epochs do not overflow.
  package static let mostImages = 1_000_000_000

  package enum Source: Hashable, Sendable {
    /// A folder or an archive that contains `train/<class>/*` and `test/<class>/*`. Relative paths start at the
    /// pipeline file's folder.
    case path(String)
    /// The built-in dataset, rendered from a seed, with the given numbers of images per class.
    case shapes(seed: UInt64, train: Int, test: Int)
  }

  /// How an image of a different size is resized to `size`.
  package enum Fit: String, Hashable, Sendable, CaseIterable {
    /// Height and width independently, as Caffe's tools did for the paper.
    case stretch
    /// The shorter side to size, then the centre is cropped.
    case crop
  }

  /// What to do with a file that cannot be decoded.
  package enum Unreadable: String, Hashable, Sendable, CaseIterable {
    case error, skip
  }

  /// What to do with an image file that has an EXIF orientation.
  package enum Orientation: String, Hashable, Sendable, CaseIterable {
    /// Turn the pixels upright.
    case apply
    /// Use the pixels as they are stored.
    case ignore
  }

  package struct Size: Hashable, Sendable {
    package var height: Int
    package var width: Int

    package init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }
  }

  package var source: Source
  /// `nil`: all images must have the same size, which is kept.
  package var size: Size?
  package var fit: Fit
  /// 3 for colour, 1 for grey.
  package var channels: Int
  package var unreadable: Unreadable
  package var orientation: Orientation
  package var preprocessing: Preprocessing
  package var declaration: DatasetDeclaration
  /// Training images held out for validation; `nil` for none.
  package var holdOut: HoldOut?

  package init(
    source: Source, size: Size? = nil, fit: Fit = .stretch, channels: Int = 3,
    unreadable: Unreadable = .error, orientation: Orientation = .apply,
    preprocessing: Preprocessing = Preprocessing(),
    declaration: DatasetDeclaration = DatasetDeclaration(), holdOut: HoldOut? = nil
  ) {
    self.source = source
    self.size = size
    self.fit = fit
    self.channels = channels
    self.unreadable = unreadable
    self.orientation = orientation
    self.preprocessing = preprocessing
    self.declaration = declaration
    self.holdOut = holdOut
  }
}
