import Basics
import Definitions
import PipelineLanguage
import SystemPackage

/// What planning needs to know about a file of weights, obtained without reading its numbers.
package struct WeightsFacts: Hashable, Sendable {
  /// The digest of the file's content.
  package var digest: Fingerprint
  /// The shapes of the tensors that can be copied.
  package var shapes: [String: [Int]]
  /// The types of tensors that cannot be read.
  package var unreadTypes: [String: String]

  package init(digest: Fingerprint, shapes: [String: [Int]], unreadTypes: [String: String] = [:]) {
    self.digest = digest
    self.shapes = shapes
    self.unreadTypes = unreadTypes
  }
}

/// A file that layers are copied from.
package struct WeightsFile: Hashable, Sendable {
  /// The resolved path.
  package var path: String
  /// The digest of the content at planning time.
  package var content: Fingerprint
  /// The file's names for the network's parameters.
  package var names: TensorNames

  package init(path: String, content: Fingerprint, names: TensorNames = TensorNames()) {
    self.path = path
    self.content = content
    self.names = names
  }
  /// The last component of the path, as users know the file.
  package var name: String { FilePath(path).lastComponent?.string ?? path }
}

extension PlanDraft {
  /// The facts about a file, which is read once; `nil`, with a diagnostic, if it cannot be used.
  mutating func weights(_ path: Described<String>) -> WeightsFacts? {
    if let known = knownWeights[path.content] { return known }
    do {
      let learned = try catalog.weights(at: path.content)
      if learned.isRemembered { missing.append(MissingSource(.weights, path.content)) }
      knownWeights[path.content] = learned.content
      return learned.content
    } catch let error as DiagnosticError {
      report(error, at: path.span)
    } catch {
      report(DiagnosticError("'\(path.content)' cannot be read: \(error)"), at: path.span)
    }
    knownWeights[path.content] = .some(nil)
    return nil
  }
}

extension WeightsFacts {
  /// Checks that a file has a mean of a dataset's images.
  ///
  /// - Parameters:
  ///   - size: of the packed images, if known.
  ///   - name: the name of the dataset.
  /// - Throws: `DiagnosticError` otherwise.
  func checkMean(
    _ path: String, channels: Int, size: DatasetDefinition.Size?, of name: String
  ) throws(DiagnosticError) {
    guard let shape = shapes[MeanFile.tensor], shape.count == 3 else {
      throw DiagnosticError(
        "'\(path)' has no tensor '\(MeanFile.tensor)' of channels × height × width",
        notes: [.init("a mean is read from Caffe's .binaryproto, or from what Cambium exports")])
    }
    let text = shape.map(String.init).joined(separator: "×")
    guard shape[0] == channels else {
      throw DiagnosticError(
        "the mean in '\(path)' is \(text), but images of dataset '\(name)' have \(counted(channels, "channel"))"
      )
    }
    // A mean colour suits every size.
    guard let size, Array(shape[1...]) != [1, 1], Array(shape[1...]) != [size.height, size.width]
    else { return }
    throw DiagnosticError(
      "the mean in '\(path)' is \(text), but images of dataset '\(name)' are \(size.text)",
      notes: [
        .init("a mean image is as large as the images before they are cropped"),
        .init("'size: [\(shape[1]), \(shape[2])]' in the dataset resizes them to it"),
      ])
  }
}

extension WeightsFacts: ValueConvertible {
  package var value: Value {
    [
      "digest": .string(digest.hexadecimal),
      "shapes": .map(shapes.mapValues { .list($0.map(Value.integer)) }),
      "unread": .map(unreadTypes.mapValues(Value.string)),
    ]
  }

  /// Reads the output of `value`; `nil` for anything else.
  package init?(_ value: Value) {
    guard let digest = value["digest"]?.asString.flatMap(Fingerprint.init(hexadecimal:)),
      let shapes = value["shapes"]?.asMap, let unread = value["unread"]?.asMap
    else { return nil }
    self.init(digest: digest, shapes: [:])
    for (name, extents) in shapes {
      guard let list = extents.asList else { return nil }
      let shape = list.compactMap(\.asInteger)
      guard shape.count == list.count else { return nil }
      self.shapes[name] = shape
    }
    for (name, type) in unread {
      guard let type = type.asString else { return nil }
      unreadTypes[name] = type
    }
  }
}
