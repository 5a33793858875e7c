import Basics

/// Checks that the stages read by transfers and evaluations exist and produce weights.
struct KnownStages {
  let table: StageTable
  let context: ReadingContext

  /// For each stage, the positions of the stages whose weights it reads; `nil` for one that was reported, here or
  /// earlier.
  func sources() -> [[Int?]] {
    table.stages.map { stage in
      context.diagnostics.enter(stage.point)
      defer { context.diagnostics.point = nil }
      return stage.draft?.networksRead.map { source($0) } ?? []
    }
  }

  /// A hint if the name looks like a file name.
  private static func fileHint(_ name: String) -> [Diagnostic.Note] {
    let endings = [
      ".pt", ".pth", ".bin", ".ckpt", ".pkl", ".h5", ".hdf5", ".npz", ".npy", ".onnx",
      ".caffemodel",
      ".msgpack", ".gz", ".zip", ".safetensor", ".safetensors.index.json", ".gguf", ".tflite",
      ".pb", ".keras", ".mat",
      ".tar", ".pkl.gz", ".t7",
    ]
    guard name.contains("/") || endings.contains(where: name.lowercased().hasSuffix) else {
      return []
    }
    return [
      Diagnostic.Note(
        "weights are read from .safetensors files, or whatever 'from: {file: …}' names")
    ]
  }

  private func source(_ name: Described<String>) -> Int? {
    guard let position = table.positions[name.content] else {
      if !table.mayHaveBeen(name.content) {
        context.diagnostics.report(
          "there is no stage '\(name.content)'", at: name.span,
          notes: Diagnostic.Note.nearest(to: name.content, among: table.positions.keys)
            + KnownStages.fileHint(name.content))
      }
      return nil
    }
    guard let kind = table.stages[position].draft.map({ type(of: $0) }), !kind.trainsNetwork
    else { return position }
    context.diagnostics.report(
      "'\(name.content)' is \(kind.title), which trains no network", at: name.span,
      notes: [Diagnostic.Note("it is here", at: table.stages[position].span)])
    return nil
  }
}
