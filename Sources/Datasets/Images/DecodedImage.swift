/// One image in memory.
struct DecodedImage: Hashable, Sendable {
  var height: Int
  var width: Int
  /// 1 for grey, 3 for red, green, blue.
  var channels: Int
  /// height × width × channels, 0…255.
  var pixels: [UInt8]

  init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
    precondition(pixels.count == height * width * channels, "pixels fill the image")
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// The image with the given number of channels.
  ///
  /// Grey is the luma 0.299 R + 0.587 G + 0.114 B of the stored values (ITU-R BT.601), rounded, as in JPEG.
  func converted(toChannels wanted: Int) -> DecodedImage {
    guard wanted != channels else { return self }
    let count = height * width
    var result = [UInt8](repeating: 0, count: count * wanted)
    for index in 0..<count {
      if wanted == 1 {
        let red = Int(pixels[3 * index])
        let green = Int(pixels[3 * index + 1])
        let blue = Int(pixels[3 * index + 2])
        result[index] = UInt8((299 * red + 587 * green + 114 * blue + 500) / 1000)
      } else {
        for channel in 0..<3 { result[3 * index + channel] = pixels[index] }
      }
    }
    return DecodedImage(height: height, width: width, channels: wanted, pixels: result)
  }
}
