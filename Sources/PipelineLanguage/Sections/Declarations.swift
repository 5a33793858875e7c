import Basics
import Definitions

extension FieldReader {
  /// Reads a dataset's declaration of its content: `classes` and `images`.
  mutating func declaration() -> DatasetDeclaration? {
    let classes = optional("classes", default: DatasetDeclaration.Classes?.none) {
      $0.declaredClasses().map(Optional.some)
    }
    guard let field = field("images") else {
      return classes.map { DatasetDeclaration(classes: $0) }
    }
    guard var reader = FieldReader(field, Subject("'images'")) else { return nil }
    let train = reader.optional("train", default: DatasetDeclaration.Images?.none) {
      $0.declaredImages().map(Optional.some)
    }
    let test = reader.optional("test", default: DatasetDeclaration.Images?.none) {
      $0.declaredImages().map(Optional.some)
    }
    reader.finish()
    guard let classes, let train, let test else { return nil }
    return DatasetDeclaration(classes: classes, train: train, test: test)
  }
}

extension Field {
  /// The ranges of classes and images that a dataset may declare.
  private static let classCounts = 2...NetworkLimits.outputs.upperBound
  private static let imageCounts = 1...DatasetDefinition.mostImages

  /// Reads `[bird, cat]`, `10`, or `{file: synsets.txt}`.
  fileprivate func declaredClasses() -> DatasetDeclaration.Classes? {
    switch node {
    case .sequence:
      let names = list("a list of classes") { element in
        element.text().map { Described($0, at: element.span) }
      }
      guard let names, distinct(names, "class") else { return nil }
      return .listed(names.map(\.content))
    case .mapping:
      guard var reader = FieldReader(self, Subject("'classes'")) else { return nil }
      let path = reader.required("file") { $0.path() }
      reader.finish()
      return path.map { .file($0.content) }
    default:
      guard !isEmpty else {
        mismatch("a list of classes, their number, or {file: path}")
        return nil
      }
      return integer(in: Field.classCounts).map(DatasetDeclaration.Classes.count)
    }
  }

  /// Reads `50000`, or `{per-class: 50}`.
  fileprivate func declaredImages() -> DatasetDeclaration.Images? {
    guard case .mapping = node else {
      return integer(in: Field.imageCounts).map(DatasetDeclaration.Images.total)
    }
    guard var reader = FieldReader(self, Subject("the number of images")) else {
      return nil
    }
    let count = reader.required("per-class") { $0.integer(in: Field.imageCounts) }
    reader.finish()
    return count.map(DatasetDeclaration.Images.perClass)
  }

  /// Reads `{file: natural.txt, lists: indices}` as the classes of a task.
  func classFile() -> ClassFile? {
    guard var reader = FieldReader(self, Subject("a list of classes")) else { return nil }
    let path = reader.required("file") { $0.path() }
    let lists = reader.optional("lists", default: ClassFile.Content.names) { $0.choice() }
    reader.finish()
    guard let path, let lists else { return nil }
    return ClassFile(path: path.content, lists: lists)
  }
}
