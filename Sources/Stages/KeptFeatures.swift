import ArtifactStore
import Basics
import Engine
import Execution
import Kernels
import Measures
import Planning
import Results

/// The activations that a features stage keeps, as an input of an analysis: read layer by layer.
struct KeptFeatures {
  let images: FeatureImages
  private let input: StageInput
  private let context: StageContext

  /// - Throws: `UnusableInput`; `DiagnosticError` if a file cannot be read.
  init(_ input: StageInput, in context: StageContext) throws {
    self.input = input
    self.context = context
    images = try context.read(FeatureImages.self, of: input)
  }

  /// The activations of a layer, with the labels of the images.
  ///
  /// - Throws: `UnusableInput`; `DiagnosticError` if the file cannot be read, or a value is not finite.
  func layer(_ name: String) throws -> LabelledFeatures {
    let values = try context.read(.features, of: input) { path in
      let values = try SafetensorsFile.withFile(at: path, on: context.fileSystem) {
        try $0.numbers(of: name)
      }
      guard !images.labels.isEmpty, values.count % images.labels.count == 0, !values.isEmpty else {
        throw DiagnosticError("layer '\(name)' has no row for each image")
      }
      return values
    }
    guard values.allSatisfy(\.isFinite) else {
      throw DiagnosticError(
        "some activations of layer '\(name)' are not finite numbers: the network may have diverged")
    }
    return LabelledFeatures(values, labels: images.labels, classes: images.classes.count)
  }
}

extension StageContext {
  /// Decompositions and products on the stage's threads.
  ///
  /// - Throws: `DiagnosticError` if OpenBLAS is missing, or memory is limited and short.
  func linearAlgebra() throws -> LinearAlgebra {
    let blas = try BLAS.required()
    // Before anything large is allocated: OpenBLAS waits forever if an allocation fails.
    let buffers =
      AddressSpace.isLimited
      ? try BLAS.Buffers(of: blas, threads: threads) {
        try AddressSpace.require($0, for: "multiplying on \(threads) threads")
      } : nil
    return LinearAlgebra(
      blas, on: ThreadPool(threads: threads, processors: ProcessLimits.current.processors),
      holding: buffers)
  }
}
