import Basics
import Definitions

/// A packed image, and the file that it was made of.
package struct ImageFile: Hashable, Sendable {
  package var subset: Subset
  package var className: String
  /// Its position among the packed images of its class and subset.
  package var position: Int
  /// The path inside the dataset.
  package var file: String

  /// As in predictions and features: `test/cat/17`.
  package var name: String { "\(subset.rawValue)/\(className)/\(position)" }
}

extension DatasetDefinition {
  /// The files of all packed images, in the order of the packed file.
  ///
  /// - Parameter skipped: files that were not packed.
  /// - Throws: `DiagnosticError` if the source cannot be read; `Interrupted`.
  package func imageFiles(
    without skipped: Set<String>, unless stop: StopCheck = .never
  ) throws -> [ImageFile] {
    let index = try opened(unless: stop).open(unless: stop).index
    return Subset.allCases.flatMap { subset in
      index.classes.flatMap { files in
        (subset == .train ? files.train : files.test).filter { !skipped.contains($0) }
          .enumerated().map { position, file in
            ImageFile(subset: subset, className: files.name, position: position, file: file)
          }
      }
    }
  }
}
