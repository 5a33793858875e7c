import Foundation
import Reporting
import Testing

@Suite struct PNGImageTests {
  /// The header chunk of a picture of one pixel, with its well-known checksum; and the end's.
  @Test func chunksHaveTheirChecksums() {
    let bytes = PNGImage(width: 1, height: 1, filledWith: (1, 2, 3)).bytes
    #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    #expect(
      Array(bytes[8..<33]) == [
        0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77,
        0x53, 0xDE,
      ])
    #expect(
      Array(bytes.suffix(12)) == [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
  }

  /// Adler-32 of 00 01 02 03: a = 1 + 0 + 1 + 2 + 3 = 7, b = 1 + 2 + 4 + 7 = 14.
  @Test func pixelsAreStoredAsTheyAre() {
    let bytes = PNGImage(width: 1, height: 1, filledWith: (1, 2, 3)).bytes
    #expect(
      Array(bytes[41..<56]) == [
        0x78, 0x01, 1, 4, 0, 0xFB, 0xFF, 0, 1, 2, 3, 0, 14, 0, 7,
      ])
  }

  @Test func largePicturesHaveSeveralBlocks() {
    var image = PNGImage(width: 200, height: 200, filledWith: (0, 0, 0))
    image[x: 199, y: 199] = (255, 128, 7)
    #expect(image[x: 199, y: 199] == (255, 128, 7))
    #expect(image[x: 198, y: 199] == (0, 0, 0))
    let data = 200 * 601
    #expect(image.bytes.count == 8 + 25 + 12 + 12 + 2 + 2 * 5 + data + 4)
  }

  @Test func theAddressHoldsTheFile() throws {
    let image = PNGImage(width: 3, height: 2, filledWith: (9, 8, 7))
    let prefix = "data:image/png;base64,"
    #expect(image.dataURI.hasPrefix(prefix))
    let data = try #require(Data(base64Encoded: String(image.dataURI.dropFirst(prefix.count))))
    #expect(Array(data) == image.bytes)
  }
}
