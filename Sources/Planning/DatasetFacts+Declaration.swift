import Basics
import Definitions

extension DatasetFacts {
  /// The facts of a declaration, used if the data does not exist.
  ///
  /// - Parameter names: the declared classes; `nil` if only their number is declared.
  /// - Throws: `DiagnosticError` if the declaration is incomplete.
  init(
    assuming declaration: DatasetDeclaration, names: [String]?, name: String
  ) throws(DiagnosticError) {
    let classes: [String]
    switch declaration.classes {
    case .count(let count)?:
      classes = (0..<count).map { "class \($0)" }
    case .listed?, .file?:
      guard let names else { preconditionFailure("listed classes have names") }
      classes = names
    case nil:
      throw DiagnosticError(
        "dataset '\(name)' does not exist; to plan without it, it must declare its classes",
        notes: [.init("for example 'classes: 1000', or 'classes: {file: synsets.txt}'")])
    }
    guard let train = declaration.train, let test = declaration.test else {
      throw DiagnosticError(
        "dataset '\(name)' does not exist; to plan without it, it must declare its images",
        notes: [.init("for example 'images: {train: 1281167, test: 50000}'")])
    }
    let trainingImages = train.counts(classes: classes.count)
    // This digest differs from every real one: no archive begins with this encoding, and that of a folder is taken
    // over a list.
    let content: Value = [
      "assumed": true, "classes": .list(classes.map(Value.string)),
      "train": .list(trainingImages.map(Value.integer)),
      "test": .list(test.counts(classes: classes.count).map(Value.integer)),
    ]
    self.init(
      digest: content.fingerprint, classes: classes, trainingImages: trainingImages,
      testImages: test.counts(classes: classes.count))
  }

  /// The facts with the classes in the declared order.
  ///
  /// - Parameter names: the declared classes; `nil` if no names are declared.
  /// - Throws: `DiagnosticError` if the data does not match the declaration.
  func checked(
    against declaration: DatasetDeclaration, names: [String]?, name: String
  ) throws(DiagnosticError) -> DatasetFacts {
    if case .count(let count)? = declaration.classes, count != classes.count {
      throw DiagnosticError(
        "dataset '\(name)' declares \(count) classes, but has \(classes.count)")
    }
    for (subset, declared, counts) in [
      ("training", declaration.train, ownTrainingImages), ("test", declaration.test, testImages),
    ] {
      guard let declared, !declared.agrees(with: counts) else { continue }
      let found =
        switch declared {
        case .total: "has \(counts.reduce(0, +))"
        case .perClass(let wanted): difference(of: counts, from: wanted)
        }
      throw DiagnosticError(
        "dataset '\(name)' declares \(declared) as its number of \(subset) images, but \(found)")
    }
    guard let names else { return self }
    let positions = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    for declared in names where positions[declared] == nil {
      throw DiagnosticError(
        "dataset '\(name)' declares class '\(declared)', but has none of that name",
        notes: Diagnostic.Note.nearestOrAll(to: declared, among: classes))
    }
    if names.count < classes.count {
      let listed = Set(names)
      let missing = classes.first { !listed.contains($0) } ?? ""
      throw DiagnosticError(
        "dataset '\(name)' does not declare all of its classes: '\(missing)' is missing")
    }
    let order = names.compactMap { positions[$0] }
    return DatasetFacts(
      digest: digest, classes: names, trainingImages: order.map { trainingImages[$0] },
      testImages: order.map { testImages[$0] },
      validationImages: validationImages.map { counts in order.map { counts[$0] } },
      imageSize: imageSize, headers: headers)
  }

  /// `class 'ant' has 5, and 2 more classes have other numbers`
  private func difference(of counts: [Int], from wanted: Int) -> String {
    let others = counts.indices.filter { counts[$0] != wanted }
    let first = others.first.map { "class '\(classes[$0])' has \(counts[$0])" } ?? ""
    switch others.count {
    case 0, 1: return first
    case 2: return first + ", and class '\(classes[others[1]])' has \(counts[others[1]])"
    default: return first + ", and \(others.count - 1) more classes have other numbers"
    }
  }

  /// Checks that images, and the number of times training runs see them, can be counted without overflow.
  ///
  /// - Throws: `DiagnosticError` if there are too many.
  func checkCount(name: String) throws(DiagnosticError) {
    let total = (trainingImages + testImages).reduce(0.0) { $0 + Double($1) }
    guard total > Double(DatasetDefinition.mostImages) else { return }
    throw DiagnosticError(
      "dataset '\(name)' has more than \(DatasetDefinition.mostImages) images")
  }

  /// Checks that each class keeps images to train on.
  ///
  /// - Throws: `DiagnosticError` if all images of a class are held out.
  func checkHoldOut(_ holdOut: HoldOut?, name: String) throws(DiagnosticError) {
    guard case .perClass(let wanted)? = holdOut?.amount else { return }
    for (className, images) in zip(classes, trainingImages) where images <= wanted {
      throw DiagnosticError(
        "dataset '\(name)' holds out \(wanted) images of each class, but class '\(className)' has "
          + "\(images)")
    }
  }
}
