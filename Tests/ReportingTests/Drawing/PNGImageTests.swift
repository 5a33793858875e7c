import Foundation
import Reporting
import Testing

@Suite struct PNGImageTests {
  @Test(arguments: [(1, 1), (3, 2), (200, 201)])
  func filesHoldThePixels(_ width: Int, _ height: Int) throws {
    var image = PNGImage(width: width, height: height, filledWith: (9, 8, 7))
    image[x: width - 1, y: height - 1] = (255, 128, 7)
    #expect(image[x: width - 1, y: height - 1] == (255, 128, 7))
    let read = try pixels(ofPNG: #require(image.bytes))
    #expect(read.width == width && read.height == height)
    #expect(read.pixels.suffix(3) == [255, 128, 7])
    if width > 1 {
      #expect(image[x: 0, y: 0] == (9, 8, 7))
      #expect(read.pixels.prefix(3) == [9, 8, 7])
    }
  }

  @Test func theAddressHoldsTheFile() throws {
    let image = PNGImage(width: 3, height: 2, filledWith: (9, 8, 7))
    let prefix = "data:image/png;base64,"
    let address = try #require(image.dataURI)
    #expect(address.hasPrefix(prefix))
    let data = try #require(Data(base64Encoded: String(address.dropFirst(prefix.count))))
    #expect(Array(data) == image.bytes)
  }
}
