/// An image while the steps change it, with the memory that they need.
///
/// Its pixels are first those of the dataset, height × width × channels. Steps that only choose a view (a crop, a
/// mirror image) leave them alone; a step that needs pixels applies the pending view first. A crop makes the pixels
/// the network's input. The mean moves with the crop and the mirror image.
package final class AugmentedImage {
  /// The network's input.
  package let input: Shape
  /// The images of the dataset.
  package let stored: Shape
  private let border: Int
  private let freedom: ImageView.Freedom
  /// The value of the padding if pixels are changed after it: the mean colour, rounded.
  private let paddingColor: [UInt8]

  package private(set) var height: Int
  package private(set) var width: Int
  /// Where the pixels are: in the dataset, or in one of two buffers, which are allocated once a step needs them.
  private var pixels: UnsafePointer<UInt8>?
  private var buffers: UnsafeMutablePointer<UInt8>?
  private let capacity: Int
  private var place = Place.dataset

  private enum Place {
    case dataset, front, back
  }

  /// The pending view of the pixels.
  package private(set) var view: ImageView
  /// Whether a step has chosen the crop of the pending view.
  private var hasChosenCrop = false
  /// Where the mean is subtracted from the pixels, once they have been cropped; before, it is where the view is.
  package private(set) var meanView: ImageView?
  /// Whether the pixels are mirrored, but not yet cropped.
  private var isMirroredWhole = false
  /// The parts of the network's input that are zero.
  package private(set) var erased: [PixelRectangle] = []

  /// - Parameters:
  ///   - border: the pixels around the stored image that a crop can reach.
  ///   - paddingColor: a value for each channel.
  package init(input: Shape, stored: Shape, border: Int, paddingColor: [UInt8]) {
    self.input = input
    self.stored = stored
    self.border = border
    self.paddingColor = paddingColor
    freedom = ImageView.Freedom(
      vertical: stored.height + 2 * border - input.height,
      horizontal: stored.width + 2 * border - input.width)
    view = ImageView(centeredIn: freedom)
    (height, width) = (stored.height, stored.width)
    capacity = max(stored.count, input.count)
  }

  deinit { buffers?.deallocate() }

  package var channels: Int { input.channels }

  /// A buffer's memory.
  private func memory(_ place: Place) -> UnsafeMutablePointer<UInt8> {
    let memory = buffers ?? .allocate(capacity: 2 * capacity)
    if buffers == nil { memory.initialize(repeating: 0, count: 2 * capacity) }
    buffers = memory
    return place == .back ? memory + capacity : memory
  }

  /// Starts with an image of the dataset, which must stay in memory until the next.
  package func begin(_ stored: UnsafeBufferPointer<UInt8>) {
    pixels = stored.baseAddress
    place = .dataset
    (height, width) = (self.stored.height, self.stored.width)
    view = ImageView(centeredIn: freedom)
    hasChosenCrop = false
    meanView = nil
    isMirroredWhole = false
    erased.removeAll(keepingCapacity: true)
  }

  // MARK: - Steps that choose a view

  /// Chooses the crop, drawn within the freedom of the view.
  package func crop(top: Int, left: Int) {
    view.top = top
    view.left = left
    hasChosenCrop = true
  }

  package func mirror() { view.isMirrored.toggle() }

  /// Sets a part of the network's input to zero, after the mean is subtracted; what is outside is ignored.
  package func erase(_ rectangle: PixelRectangle) { erased.append(rectangle) }

  // MARK: - Steps that change pixels

  /// Changes the pixels in place.
  package func edit(_ change: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
    applyView()
    if place == .dataset {
      rewriteCurrent(height: height, width: width) { _ = $1.update(from: $0) }
    }
    change(UnsafeMutableBufferPointer(start: memory(place), count: height * width * channels))
  }

  /// Writes new pixels of the same number, all of them.
  package func rewrite(
    _ write: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> Void
  ) {
    applyView()
    rewriteCurrent(height: height, width: width, write)
  }

  /// Writes the network's input, all of it, given the pixels.
  ///
  /// From then on the mean is that of the centre crop, which evaluation subtracts.
  package func resample(
    _ write: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> Void
  ) {
    applyView()
    rewriteCurrent(height: input.height, width: input.width, write)
    view = ImageView(centeredIn: ImageView.Freedom(vertical: 0, horizontal: 0))
    meanView = ImageView(centeredIn: freedom)
  }

  /// The pixels of the network's input, with the pending view applied, where `plainPixels` is `nil`.
  package func finish() -> UnsafeBufferPointer<UInt8> {
    if meanView == nil { hasChosenCrop = true }
    applyView()
    return UnsafeBufferPointer(start: pixels, count: input.count)
  }

  /// The pixels of an image that is a view of what is stored, or of pixels in its place.
  package var plainPixels: UnsafeBufferPointer<UInt8>? {
    meanView == nil && !isMirroredWhole
      ? UnsafeBufferPointer(start: pixels, count: stored.count) : nil
  }

  private func rewriteCurrent(
    height newHeight: Int, width newWidth: Int,
    _ write: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> Void
  ) {
    let source = UnsafeBufferPointer(start: pixels, count: height * width * channels)
    let next = place == .front ? Place.back : .front
    let target = memory(next)
    write(
      source, UnsafeMutableBufferPointer(start: target, count: newHeight * newWidth * channels))
    place = next
    pixels = UnsafePointer(target)
    (height, width) = (newHeight, newWidth)
  }

  /// Crops and mirrors the pixels as the view says.
  private func applyView() {
    guard hasChosenCrop else {
      if view.isMirrored {
        rewriteCurrent(height: height, width: width) { source, target in
          copy(source, top: 0, left: 0, mirrored: true, to: target, height: height, width: width)
        }
        view.isMirrored = false
        if meanView == nil { isMirroredWhole.toggle() } else { meanView?.isMirrored.toggle() }
      }
      return
    }
    rewriteCurrent(height: input.height, width: input.width) { source, target in
      copy(
        source, top: view.top - border, left: view.left - border, mirrored: view.isMirrored,
        to: target, height: input.height, width: input.width)
    }
    var mean = view
    if isMirroredWhole {
      mean.left = freedom.horizontal - view.left
      mean.isMirrored.toggle()
    }
    meanView = mean
    view = ImageView(centeredIn: ImageView.Freedom(vertical: 0, horizontal: 0))
    hasChosenCrop = false
    isMirroredWhole = false
  }

  /// Copies a part of the pixels, with padding where it is outside.
  private func copy(
    _ source: UnsafeBufferPointer<UInt8>, top: Int, left: Int, mirrored: Bool,
    to target: UnsafeMutableBufferPointer<UInt8>, height newHeight: Int, width newWidth: Int
  ) {
    let channels = channels
    for row in 0..<newHeight {
      let line = row * newWidth * channels
      let sourceRow = top + row
      let first = max(0, -left)
      let last = max(first, min(newWidth, width - left))
      guard sourceRow >= 0, sourceRow < height, first < last else {
        pad(target, line, 0..<newWidth)
        continue
      }
      let start = (sourceRow * width + left + first) * channels
      if mirrored {
        for column in 0..<last - first {
          let place = line + (newWidth - 1 - first - column) * channels
          for channel in 0..<channels {
            target[place + channel] = source[start + column * channels + channel]
          }
        }
        pad(target, line, 0..<newWidth - last)
        pad(target, line, newWidth - first..<newWidth)
      } else {
        (target.baseAddress! + line + first * channels).update(
          from: source.baseAddress! + start, count: (last - first) * channels)
        pad(target, line, 0..<first)
        pad(target, line, last..<newWidth)
      }
    }
  }

  private func pad(_ target: UnsafeMutableBufferPointer<UInt8>, _ line: Int, _ columns: Range<Int>)
  {
    for column in columns {
      for channel in 0..<channels {
        target[line + column * channels + channel] = paddingColor[channel]
      }
    }
  }
}
