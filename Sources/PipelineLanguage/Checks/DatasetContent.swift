import Basics
import Definitions

/// Checks that a dataset's declaration agrees with what is known about its content, and that it keeps images to train
/// on.
struct DatasetContent {
  let name: String
  let dataset: LocatedDataset
  /// The name of the dataset.
  let owner: SourceSpan
  let context: ReadingContext

  func check() -> Bool {
    // All are evaluated, so that no problem hides another.
    [
      classesAgree(), imagesAgree(), imagesAreCountable(), someAreTrainedOn(), isOfFiles(),
      hasOneValidation(),
    ].allSatisfy { $0 }
  }

  private func span(of key: String) -> SourceSpan { dataset.places[key] ?? owner }

  private func report(_ message: String, at key: String, notes: [Diagnostic.Note] = []) -> Bool {
    context.diagnostics.report(message, at: span(of: key), notes: notes)
    return false
  }

  private func classesAgree() -> Bool {
    guard case .shapes = dataset.definition.source else { return true }
    let shapes = ShapeClass.allCases.map(\.rawValue)
    switch dataset.definition.declaration.classes {
    case .count(let count)? where count != shapes.count:
      return report(
        "dataset '\(name)' declares \(count) classes, but builtin:shapes has \(shapes.count)",
        at: "classes")
    case .listed(let names)?:
      for declared in names where !shapes.contains(declared) {
        return report(
          "builtin:shapes has no class '\(declared)'", at: "classes",
          notes: Diagnostic.Note.allowed(shapes, insteadOf: declared, as: "classes"))
      }
      guard let missing = shapes.first(where: { !names.contains($0) }) else { return true }
      return report(
        "dataset '\(name)' does not declare all of its classes: '\(missing)' is missing",
        at: "classes")
    case .count?, .file?, nil:
      return true
    }
  }

  private func imagesAgree() -> Bool {
    guard case .shapes(_, let train, let test) = dataset.definition.source else { return true }
    let declaration = dataset.definition.declaration
    for (subset, declared, count) in [
      ("training", declaration.train, train), ("test", declaration.test, test),
    ] {
      let counts = ShapeClass.allCases.map { _ in count }
      guard let declared, !declared.agrees(with: counts) else { continue }
      return report(
        "dataset '\(name)' declares \(declared) as its number of \(subset) images, but has "
          + "\(count) in each of \(counts.count) classes", at: "images")
    }
    return true
  }

  /// Whether the number of images that training runs process can be counted without overflow.
  private func imagesAreCountable() -> Bool {
    let declaration = dataset.definition.declaration
    let classes = dataset.definition.knownClasses?.count ?? 1
    let total = [declaration.train, declaration.test].reduce(0.0) { sum, images in
      switch images {
      case .total(let total)?: sum + Double(total)
      case .perClass(let count)?: sum + Double(count) * Double(classes)
      case nil: sum
      }
    }
    guard total > Double(DatasetDefinition.mostImages) else { return true }
    return report(
      "dataset '\(name)' declares more than \(DatasetDefinition.mostImages) images", at: "images")
  }

  private func someAreTrainedOn() -> Bool {
    guard case .perClass(let held)? = dataset.definition.holdOut?.amount,
      let images = dataset.definition.knownImages(Subset.train), images <= held
    else { return true }
    let key =
      if case .shapes = dataset.definition.source { "examples" } else { "images" }
    return report(
      "dataset '\(name)' holds out \(held) images of each class, but each has \(images)",
      at: "hold-out", notes: [Diagnostic.Note("their number is given here", at: span(of: key))])
  }

  /// Whether what belongs to files is said of files only.
  private func isOfFiles() -> Bool {
    guard case .shapes = dataset.definition.source else { return true }
    for key in ["subsets", "labels"] where dataset.places[key] != nil {
      return report("dataset '\(name)' is rendered: '\(key)' belongs to datasets of files", at: key)
    }
    return true
  }

  private func hasOneValidation() -> Bool {
    guard dataset.definition.holdOut != nil, dataset.definition.subsets?.validation != nil else {
      return true
    }
    return report(
      "dataset '\(name)' has validation images of its own, and holds out others", at: "hold-out",
      notes: [Diagnostic.Note("its own are named here", at: span(of: "subsets"))])
  }
}
