import Basics
import Definitions

/// The source of a transfer's copied layers.
package enum WeightsSource: Sendable {
  /// The trained stage with a name.
  case stage(Described<String>)
  /// The file of weights at a path, and its names for the network's parameters. Relative paths start at the pipeline
  /// file's folder.
  case file(Described<String>, TensorNames)
  /// The name of the stage; `nil` for a file.
  package var stage: Described<String>? {
    if case .stage(let name) = self { name } else { nil }
  }
}

extension Field {
  /// Distinguish a file from a stage if both are plain text.
  private static let weightsSuffixes = [".safetensors", ".caffemodel"]

  /// Reads a stage's name, `weights.safetensors`, or `{file: weights, names: {conv1: features.0}}`.
  ///
  /// - Parameter network: `nil` if unknown.
  func weightsSource(for network: CheckedNetwork?) -> WeightsSource? {
    if case .mapping = node {
      guard var reader = FieldReader(self, Subject("'from'")) else { return nil }
      let path = reader.required("file") { $0.path() }
      let names = reader.optional("names", default: TensorNames()) { $0.tensorNames(of: network) }
      let common = reader.optional("prefix", default: "") { $0.text() }
      reader.finish()
      guard let path, var names, let common else { return nil }
      names.common = common
      return .file(path, names)
    }
    guard let scalar = scalar("a stage's name, or a file of weights") else { return nil }
    let name = Described(scalar.text, at: span)
    return Field.weightsSuffixes.contains(where: scalar.text.hasSuffix)
      ? path().map { .file($0, TensorNames()) } : .stage(name)
  }

  /// Reads `{conv1: features.0, conv1.norm: features.1}`.
  private func tensorNames(of network: CheckedNetwork?) -> TensorNames? {
    guard let entries = entries("a mapping from layers to what the file calls them") else {
      return nil
    }
    let parameters = network?.parameters.joined().map(\.name)
    var names = TensorNames()
    var isSound = true
    for (key, field) in entries {
      if let parameters, !parameters.contains(where: { $0.hasPrefix(key.text + ".") }) {
        context.diagnostics.report(
          "the network has no parameters of '\(key.text)'", at: key.span,
          notes: Diagnostic.Note.allowed(
            network?.layerNames ?? [], insteadOf: key.text, as: "network's layers"))
        isSound = false
      }
      if let text = field.text() { names.prefixes[key.text] = text } else { isSound = false }
    }
    return isSound ? names : nil
  }

  /// A resolved path.
  func path() -> Described<String>? {
    guard let text = text() else { return nil }
    if text.isEmpty || text.unicodeScalars.contains("\0") {
      report("'\(name)' must be a path")
      return nil
    }
    return Described(context.path(text), at: span)
  }
}
