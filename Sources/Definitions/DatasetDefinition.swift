import Basics

/// Images in classes, with a training and a test subset, and how a network is shown them.
package struct DatasetDefinition: Hashable, Sendable {
  /// Images of a dataset, at most: bounded so that their products with epochs stay whole numbers.
  package static let mostImages = 1_000_000_000

  package enum Source: Hashable, Sendable {
    /// A folder or an archive that holds `train/<class>/*` and `test/<class>/*`. Relative paths start
    /// at the pipeline file's folder.
    case path(String)
    /// The embedded dataset, rendered from a seed: so many images a class.
    case shapes(seed: UInt64, train: Int, test: Int)
  }

  /// How an image of another size is brought to `size`.
  package enum Fit: String, Hashable, Sendable, CaseIterable {
    /// Height and width each on their own, as Caffe's tools did for the paper.
    case stretch
    /// The shorter side to size, then the centre is cut out.
    case crop
  }

  /// What to do with a file that cannot be decoded.
  package enum Unreadable: String, Hashable, Sendable, CaseIterable {
    case error, skip
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
  /// `nil`: all images must have one size, which is kept.
  package var size: Size?
  package var fit: Fit
  /// 3 for colour, 1 for grey.
  package var channels: Int
  package var unreadable: Unreadable
  package var preprocessing: Preprocessing
  package var declaration: DatasetDeclaration
  /// Training images that are kept for validation; `nil` for none.
  package var holdOut: HoldOut?

  package init(
    source: Source, size: Size? = nil, fit: Fit = .stretch, channels: Int = 3,
    unreadable: Unreadable = .error, preprocessing: Preprocessing = Preprocessing(),
    declaration: DatasetDeclaration = DatasetDeclaration(), holdOut: HoldOut? = nil
  ) {
    self.source = source
    self.size = size
    self.fit = fit
    self.channels = channels
    self.unreadable = unreadable
    self.preprocessing = preprocessing
    self.declaration = declaration
    self.holdOut = holdOut
  }
}
