import Basics
import CPNG
import CTurboJPEG
import Testing

/// An image with smooth colours that depend on `seed`, which JPEG preserves well.
func gradient(height: Int, width: Int, seed: Int = 0) -> [UInt8] {
  (0..<height * width * 3).map { index in
    let (pixel, channel) = index.quotientAndRemainder(dividingBy: 3)
    let (row, column) = pixel.quotientAndRemainder(dividingBy: width)
    let across = 120 * column / max(width - 1, 1)
    let down = 100 * row / max(height - 1, 1)
    return UInt8((across * (channel + 1) / 2 + down + seed * 37 + channel * 20) % 150 + 40)
  }
}

/// Random pixels.
func noise(count: Int, seed: Int) -> [UInt8] {
  let stream = RandomStream(seed: UInt64(seed))
  return (0..<count).map { UInt8(stream.integer(below: 256, at: UInt64($0))) }
}

/// A JPEG file of RGB pixels.
func jpeg(_ pixels: [UInt8], height: Int, width: Int, quality: Int32 = 95) throws -> [UInt8] {
  try jpeg(
    pixels, height: height, width: width, format: TJPF_RGB, subsampling: TJSAMP_444,
    quality: quality)
}

/// A JPEG file of several scans, the last of which may be repeated.
func progressiveJPEG(_ pixels: [UInt8], height: Int, width: Int) throws -> [UInt8] {
  try jpeg(
    pixels, height: height, width: width, format: TJPF_RGB, subsampling: TJSAMP_444, quality: 95,
    flags: TJFLAG_PROGRESSIVE)
}

/// A JPEG file of CMYK pixels (as stored in the file).
func cmykJPEG(_ pixels: [UInt8], height: Int, width: Int) throws -> [UInt8] {
  try jpeg(
    pixels, height: height, width: width, format: TJPF_CMYK, subsampling: TJSAMP_444,
    quality: 100)
}

/// A JPEG file of grey pixels.
func grayJPEG(_ pixels: [UInt8], height: Int, width: Int) throws -> [UInt8] {
  try jpeg(
    pixels, height: height, width: width, format: TJPF_GRAY, subsampling: TJSAMP_GRAY,
    quality: 95)
}

private func jpeg(
  _ pixels: [UInt8], height: Int, width: Int, format: TJPF, subsampling: TJSAMP, quality: Int32,
  flags: Int32 = 0
) throws -> [UInt8] {
  let handle = try #require(tjInitCompress())
  defer { tjDestroy(handle) }
  var buffer: UnsafeMutablePointer<UInt8>?
  var length: UInt = 0
  let status = tjCompress2(
    handle, pixels, Int32(width), 0, Int32(height), format.rawValue, &buffer, &length,
    Int32(subsampling.rawValue), quality, flags)
  defer { tjFree(buffer) }
  try #require(status == 0)
  return Array(UnsafeBufferPointer(start: buffer, count: Int(length)))
}

/// The kinds of PNG files that libpng's simplified interface writes.
enum PNGKind {
  case gray, color, colorWithOpacity
  /// A palette of red, green, blue and opacity.
  case palette([UInt8])

  var format: UInt32 {
    switch self {
    case .gray: 0
    case .color: UInt32(PNG_FORMAT_FLAG_COLOR)
    case .colorWithOpacity: UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
    case .palette:
      UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA | PNG_FORMAT_FLAG_COLORMAP)
    }
  }
}

/// A PNG file of pixels in the kind's layout.
func png(_ pixels: [UInt8], height: Int, width: Int, kind: PNGKind = .color) throws -> [UInt8] {
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  image.width = UInt32(width)
  image.height = UInt32(height)
  image.format = kind.format
  var colors: [UInt8]?
  if case .palette(let palette) = kind {
    colors = palette
    image.colormap_entries = UInt32(palette.count / 4)
  }
  var length = pixels.count * 2 + 4096
  var bytes = [UInt8](repeating: 0, count: length)
  let status = png_image_write_to_memory(&image, &bytes, &length, 0, pixels, 0, colors)
  try #require(status != 0)
  return Array(bytes.prefix(length))
}

/// A PNG file with 16 bits per sample, written directly: header, stored (uncompressed) data, end.
func deepPNG(_ samples: [UInt16], height: Int, width: Int) -> [UInt8] {
  var rows: [UInt8] = []
  for row in 0..<height {
    rows.append(0)
    for sample in samples[row * width * 3..<(row + 1) * width * 3] {
      rows += [UInt8(sample >> 8), UInt8(sample & 0xff)]
    }
  }
  let length = UInt16(rows.count)
  var data: [UInt8] = [0x78, 0x01, 1, UInt8(length & 0xff), UInt8(length >> 8)]
  data += [UInt8(~length & 0xff), UInt8(~length >> 8)] + rows
  var (low, high): (UInt32, UInt32) = (1, 0)
  for byte in rows {
    low = (low + UInt32(byte)) % 65521
    high = (high + low) % 65521
  }
  data += bigEndian(high << 16 | low)
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    + chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [16, 2, 0, 0, 0])
    + chunk("IDAT", data) + chunk("IEND", [])
}

/// A PNG file that states a size and contains no pixels.
func emptyPNG(height: Int, width: Int) -> [UInt8] {
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    + chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, 2, 0, 0, 0])
    + chunk("IDAT", [0x78, 0x01]) + chunk("IEND", [])
}

func bigEndian(_ number: UInt32) -> [UInt8] {
  withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

/// A chunk of a PNG file.
func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
  let content = Array(name.utf8) + data
  var check = UInt32.max
  for byte in content {
    check ^= UInt32(byte)
    for _ in 0..<8 { check = check & 1 == 1 ? 0xedb8_8320 ^ (check >> 1) : check >> 1 }
  }
  return bigEndian(UInt32(data.count)) + content + bigEndian(~check)
}

/// A PNG file with additional chunks after its header.
func png(_ file: [UInt8], adding chunks: [UInt8]) -> [UInt8] {
  // Signature, and a header of 13 bytes with length, name and checksum.
  Array(file[..<33]) + chunks + file[33...]
}

/// A JPEG file with an additional segment at its beginning.
func jpeg(_ file: [UInt8], adding marker: UInt8, _ content: [UInt8]) -> [UInt8] {
  let length = content.count + 2
  return [0xff, 0xd8, 0xff, marker, UInt8(length >> 8), UInt8(length & 0xff)] + content + file[2...]
}

/// An EXIF block with only an orientation.
func exif(orientation: UInt8, littleEndian: Bool) -> [UInt8] {
  littleEndian
    ? [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]
    : [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]
}
