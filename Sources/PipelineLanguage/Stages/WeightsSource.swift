import Basics

/// Where a transfer's copied layers come from.
package enum WeightsSource: Sendable {
  /// The trained stage of a name.
  case stage(Described<String>)
  /// The safetensors file at a path. Relative paths start at the pipeline file's folder.
  case file(Described<String>)

  /// The stage's name; `nil` for a file.
  package var stage: Described<String>? {
    if case .stage(let name) = self { name } else { nil }
  }
}

extension Field {
  /// What tells a file from a stage where both are plain text.
  private static let weightsSuffix = ".safetensors"

  /// Reads a stage's name, `weights.safetensors`, or `{file: weights}`.
  func weightsSource() -> WeightsSource? {
    if case .mapping = node {
      guard var reader = FieldReader(self, Subject("'from'")) else { return nil }
      let path = reader.required("file") { $0.path() }
      reader.finish()
      return path.map(WeightsSource.file)
    }
    guard let scalar = scalar("a stage's name, or a file of weights") else { return nil }
    let name = Described(scalar.text, at: span)
    return scalar.text.hasSuffix(Field.weightsSuffix)
      ? path().map(WeightsSource.file) : .stage(name)
  }

  /// A path that the system can open.
  func path() -> Described<String>? {
    guard let text = text() else { return nil }
    if text.isEmpty || text.unicodeScalars.contains("\0") {
      report("'\(name)' must be a path")
      return nil
    }
    return Described(context.path(text), at: span)
  }
}
