import Basics
import Definitions

/// Warns that a file does not record how the images were normalised that its weights were trained on.
struct ImportedInputs {
  let path: Described<String>
  /// The dataset that the weights are used on.
  let dataset: Described<LocatedDataset>
  let context: ReadingContext

  func warn() {
    // A stated normalization was looked up by its author.
    let isOfCaffe = path.content.hasSuffix(".caffemodel")
    let pixels = "pixels 0…255"
    let input: String
    let scale: Double
    switch dataset.content.definition.preprocessing.normalization {
    case .fixed: return
    case .given(let file, let own):
      (input, scale) = ("\(pixels) minus the mean in '\(file.path)'", own)
    case .centered(.image, let own): (input, scale) = ("\(pixels) minus the mean image", own)
    case .centered(.color, let own): (input, scale) = ("\(pixels) minus the mean color", own)
    case .centered(.none, let own): (input, scale) = (pixels, own)
    }
    // What Caffe's own networks read.
    if isOfCaffe, input != pixels, scale == 1 { return }
    let places = ["mean", "scale"].compactMap { key in
      dataset.content.places[key].map { Diagnostic.Note("'\(key)' is given here", at: $0) }
    }
    context.diagnostics.warn(
      "'\(path.content)' does not record which inputs its weights expect: here the network reads "
        + "\(input), times \(scale)", at: path.span,
      notes: [
        Diagnostic.Note(
          "published weights expect the normalization used in their training, often "
            + (isOfCaffe ? "pixel − mean" : "(pixel / 255 − mean) / deviation")
            + " per color channel: with any other, accuracies are meaningless"),
        Diagnostic.Note(
          isOfCaffe
            ? "'mean: image' or 'mean: color' and 'scale: 1' of the dataset are what Caffe's networks read"
            : "'normalize' of the dataset states it: 'normalize: imagenet' for torchvision's weights"
        ),
      ]
        + (places.isEmpty
          ? [
            Diagnostic.Note(
              "the dataset's 'mean' and 'scale' determine this; here they have their default values",
              at: dataset.span)
          ] : places))
  }
}
