import Basics
import Definitions

/// The binary versions of CIFAR-10 and CIFAR-100: records of one or two labels and an image of 32×32 pixels, whose red, green
/// and blue planes follow each other. Nothing else is in a file, so it is recognized by the labels of its first images.
enum CIFARSet: PixelSet {
  private static let side = 32
  private static let imageLength = 3 * side * side

  /// The numbers of classes of each label byte.
  private static let forms: [[UInt8]] = [[20, 100], [10]]

  private static func form(_ start: [UInt8]) -> [UInt8]? {
    forms.first { classes in
      let length = classes.count + imageLength
      guard start.count >= length else { return false }
      return stride(from: 0, through: start.count - classes.count, by: length).allSatisfy {
        record in
        classes.indices.allSatisfy { start[record + $0] < classes[$0] }
      }
    }
  }

  static func recognizes(_ start: [UInt8]) -> Bool {
    // The labels of a few images alone say too little about a file that has a signature of something else.
    guard form(start) != nil else { return false }
    let kind = FileKind.name(of: start)
    return start.count > 8 * imageLength || kind == nil || kind == "nothing but zeros"
  }

  static func table(
    _ file: String, _ start: [UInt8], _ stream: inout ByteStream, _ labels: DatasetDefinition.Labels
  ) throws -> PixelTable? {
    guard let form = form(start) else { return nil }
    guard labels == .fine || form.count == 2 else {
      throw DiagnosticError(
        "'\(file)' has one label for each image: 'labels: coarse' is for CIFAR-100")
    }
    return try PixelTable(
      file, count: nil, recordLength: form.count + imageLength,
      image: PixelLayout(
        height: side, width: side, channels: 3, order: .planes, offset: form.count),
      label: LabelLayout(offset: form.count == 2 && labels == .fine ? 1 : 0))
  }

  static func isListOfClasses(_ file: String, _ labels: DatasetDefinition.Labels) -> Bool {
    let name = file.split(separator: "/").last ?? ""
    return name == "batches.meta.txt" || name == "\(labels.rawValue)_label_names.txt"
  }
}
