import Basics
import Definitions

/// NumPy arrays: `.npz` files, which are zip archives of them, with `train_images` and `train_labels` (MedMNIST) or `x_train`
/// and `y_train`, or folders of `.npy` files.
///
/// A file begins with a magic number, the version of the format, and the length of a header, which is a Python literal such as
/// `{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }`. It is parsed, not evaluated; arrays of objects
/// contain pickles and are refused.
enum NumPySet: PixelSet {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let mostHeaderBytes = 1 << 16

  static var accompaniesImages: Bool { true }

  static func recognizes(_ start: [UInt8]) -> Bool { start.starts(with: magic) }

  static func table(
    _ file: String, _ start: [UInt8], _ stream: inout ByteStream, _ labels: DatasetDefinition.Labels
  ) throws -> PixelTable? {
    let header = try Header(file, &stream)
    switch header.shape.count {
    case 3, 4: return try images(file, header)
    case 1, 2: return try numbers(file, header)
    default: return nil
    }
  }

  private static func images(_ file: String, _ header: Header) throws -> PixelTable {
    guard header.kind == "u", header.size == 1 else {
      throw DiagnosticError(
        "the pixels in '\(file)' have the type '\(header.type)', not uint8",
        notes: [
          .init("images are bytes from 0 to 255: convert them with numpy's astype(\"uint8\")")
        ])
    }
    guard !header.isFortran else {
      throw DiagnosticError(
        "'\(file)' is in Fortran order", notes: [.init("save numpy.ascontiguousarray of it")])
    }
    let sides = Array(header.shape[1...])
    let layout: PixelLayout? =
      switch sides.count {
      case 2: PixelLayout(height: sides[0], width: sides[1], channels: 1)
      case 3 where sides[2] == 1 || sides[2] == 3:
        PixelLayout(height: sides[0], width: sides[1], channels: sides[2])
      case 3 where sides[0] == 1 || sides[0] == 3:
        PixelLayout(height: sides[1], width: sides[2], channels: sides[0], order: .planes)
      default: nil
      }
    guard let layout else {
      throw DiagnosticError(
        "'\(file)' has the shape \(header.shapeText), which is not one of images with 1 or 3 channels"
      )
    }
    let (plane, overflow) = layout.height.multipliedReportingOverflow(by: layout.width)
    return try PixelTable(
      file, count: header.shape[0],
      recordLength: overflow || plane > ImageDecoder.mostPixels ? 0 : plane * layout.channels,
      image: layout)
  }

  private static func numbers(_ file: String, _ header: Header) throws -> PixelTable {
    guard header.shape.count == 1 || header.shape[1] == 1 else {
      throw DiagnosticError(
        "'\(file)' has \(header.shape[1]) labels for each image, but an image has one class",
        notes: [
          .init("sets of several findings for each image (such as ChestMNIST) have no classes")
        ])
    }
    guard header.kind == "u" || header.kind == "i", [1, 2, 4, 8].contains(header.size) else {
      throw DiagnosticError(
        "the labels in '\(file)' have the type '\(header.type)', not whole numbers")
    }
    return try PixelTable(
      file, count: header.shape[0], recordLength: header.size,
      label: LabelLayout(
        size: header.size, isSigned: header.kind == "i", isBigEndian: header.isBigEndian))
  }

  /// What an array says about itself.
  private struct Header {
    /// `|u1`
    var type = ""
    var isFortran = false
    var shape: [Int] = []

    var kind: Character? { type.dropFirst().first }
    var size: Int { Int(type.dropFirst(2)) ?? 0 }
    var isBigEndian: Bool { type.hasPrefix(">") }
    var shapeText: String { "(\(shape.map(String.init).joined(separator: ", ")))" }

    init(_ file: String, _ stream: inout ByteStream) throws {
      let start = try stream.read(8)
      guard start.count == 8, 1...3 ~= start[6] else {
        throw DiagnosticError("'\(file)' has an unknown version of NumPy's format, or is cut off")
      }
      let lengthBytes = try stream.read(start[6] == 1 ? 2 : 4)
      let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
      guard length <= NumPySet.mostHeaderBytes else {
        throw DiagnosticError("'\(file)' claims a header of \(length) bytes")
      }
      let bytes = try stream.read(length)
      guard bytes.count == length, let text = String(validating: bytes, as: UTF8.self),
        parse(text), !type.isEmpty
      else { throw DiagnosticError("'\(file)' is damaged: its header cannot be read") }
      guard kind != "O", kind != "V" else {
        throw DiagnosticError(
          "'\(file)' is an array of objects, which contains Python pickles and is not read",
          notes: [.init("save arrays of numbers: numpy.savez with dtype uint8")])
      }
    }

    /// Reads `{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4), }`.
    private mutating func parse(_ text: String) -> Bool {
      func value(of key: String) -> Substring? {
        guard let start = text.end(of: "'\(key)':") else { return nil }
        return text[start...].drop { $0 == " " }
      }
      guard let descr = value(of: "descr"), let order = value(of: "fortran_order"),
        let extents = value(of: "shape"), order.hasPrefix("True") || order.hasPrefix("False"),
        extents.hasPrefix("("), let end = extents.firstIndex(of: ")")
      else { return false }
      isFortran = order.hasPrefix("True")
      // Structured types are lists, which have no place here.
      guard descr.hasPrefix("'") else {
        type = "|V"
        return true
      }
      type = String(descr.dropFirst().prefix { $0 != "'" })
      for number in extents[..<end].dropFirst().split(separator: ",") {
        let digits = number.filter { $0 != " " }
        if digits.isEmpty { continue }
        guard digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let extent = Int(digits) else {
          return false
        }
        shape.append(extent)
      }
      return true
    }
  }
}

extension String {
  /// The position after the first occurrence of a text.
  fileprivate func end(of text: String) -> String.Index? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
