import Basics

/// Checks that the stages that transfers and evaluations read exist and leave weights behind.
struct KnownStages {
  let table: StageTable
  let context: ReadingContext

  /// For each stage the position of the stage whose weights it reads; `nil` for none, and where it
  /// was reported, there or here, to be wrong.
  func sources() -> [Int?] {
    table.stages.map { stage in
      context.diagnostics.enter(stage)
      defer { context.diagnostics.point = nil }
      switch stage.draft {
      case .transfer(let draft)?: return draft.source?.stage.flatMap { source($0) }
      case .evaluate(let draft)?: return source(draft.network)
      case .train?, .report?, nil: return nil
      }
    }
  }

  /// What is said where a name looks like a file's.
  private static func fileHint(_ name: String) -> [Diagnostic.Note] {
    let endings = [
      ".pt", ".pth", ".bin", ".ckpt", ".pkl", ".h5", ".hdf5", ".npz", ".npy", ".onnx",
      ".caffemodel",
      ".msgpack", ".gz", ".zip",
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
    let stage = table.stages[position]
    switch stage.draft {
    case .train?, .transfer?, nil:
      return position
    case .evaluate(_)?, .report(_)?:
      let kind = stage.draft?.kind ?? ""
      context.diagnostics.report(
        "'\(name.content)' is \(kind), which trains no network", at: name.span,
        notes: [Diagnostic.Note("it is here", at: stage.span)])
      return nil
    }
  }
}
