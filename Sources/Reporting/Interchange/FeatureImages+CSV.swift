import Results

extension FeatureImages {
  /// A line for each image, in the order of the rows: its name, label and class.
  package var csv: [UInt8] {
    let rows = labels.indices.map { [name(of: $0), "\(labels[$0])", classes[labels[$0]]] }
    return Array(csvText([["image", "label", "class"]] + rows).utf8)
  }
}
