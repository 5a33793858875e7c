import Basics

/// Images in classes, with a training and a test subset, and their preprocessing.
package struct DatasetDefinition: Hashable, Sendable {
  /// The maximum number of images of a dataset, limited so that products with epochs do not overflow.
  package static let mostImages = 1_000_000_000

  package enum Source: Hashable, Sendable {
    /// A folder, an archive or a binary file. Relative paths start at the pipeline file's folder.
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

  /// How packed images are stored.
  package enum Storage: Hashable, Sendable {
    /// Height × width × channels bytes each.
    case pixels
    /// As JPEG of a quality of 1 to 100, decoded whenever they are used: what is trained and measured on is what the
    /// encoded images decode to.
    case jpeg(quality: Int)

    package static let usualQuality = 90
    package static let qualities = 1...100
  }

  /// Which of two labels of an image is its class, in sets that have two (CIFAR-100).
  package enum Labels: String, Hashable, Sendable, CaseIterable {
    case fine, coarse
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
  /// `nil`: as the format has them, in folders `train` and `test` or in files of such names.
  package var subsets: DatasetSubsets?
  package var labels: Labels
  /// `nil`: all images must have the same size, which is kept.
  package var size: Size?
  package var fit: Fit
  /// 3 for colour, 1 for grey.
  package var channels: Int
  package var unreadable: Unreadable
  package var orientation: Orientation
  package var storage: Storage
  package var preprocessing: Preprocessing
  package var declaration: DatasetDeclaration
  /// Training images held out for validation; `nil` for none.
  package var holdOut: HoldOut?

  package init(
    source: Source, subsets: DatasetSubsets? = nil, labels: Labels = .fine, size: Size? = nil,
    fit: Fit = .stretch, channels: Int = 3, unreadable: Unreadable = .error,
    orientation: Orientation = .apply, storage: Storage = .pixels,
    preprocessing: Preprocessing = Preprocessing(),
    declaration: DatasetDeclaration = DatasetDeclaration(), holdOut: HoldOut? = nil
  ) {
    self.source = source
    self.subsets = subsets
    self.labels = labels
    self.size = size
    self.fit = fit
    self.channels = channels
    self.unreadable = unreadable
    self.orientation = orientation
    self.storage = storage
    self.preprocessing = preprocessing
    self.declaration = declaration
    self.holdOut = holdOut
  }
}

extension DatasetDefinition.Storage: ValueConvertible {
  /// `pixels`, or `{"jpeg": {"quality": 90}}`.
  package var value: Value {
    switch self {
    case .pixels: "pixels"
    case .jpeg(let quality): ["jpeg": ["quality": .integer(quality)]]
    }
  }
}
