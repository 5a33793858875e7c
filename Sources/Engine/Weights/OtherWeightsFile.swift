import Basics

/// A file given as weights that has another format: its kind, and advice.
struct OtherWeightsFile {
  let kind: String
  let notes: [Diagnostic.Note]

  /// - Parameter start: the first bytes of the file.
  /// - Returns: `nil` if it is not known to have another format.
  init?(_ start: [UInt8]) {
    // The length of a header may begin like anything; the header follows it.
    guard start.count > 8, start[8] != UInt8(ascii: "{"), let kind = FileKind.name(of: start) else {
      return nil
    }
    if OtherWeightsFile.contains(start, "data.pkl") || kind.hasPrefix("a PyTorch")
      || kind.hasPrefix("a Python pickle")
    {
      self.kind =
        kind.hasPrefix("a Python") ? "a Python pickle, as PyTorch saves" : "a PyTorch file (pickle)"
      notes = [
        .init(
          "save it as safetensors: safetensors.torch.save_file(model.state_dict(), 'x.safetensors')"
        )
      ]
      return
    }
    if kind == "a JSON text",
      OtherWeightsFile.contains(start, "weight_map")
        || OtherWeightsFile.contains(start, "total_size")
    {
      self.kind = "the index of weights in several files"
      notes = [.init("name the file that it lists for the layers that are copied")]
      return
    }
    self.kind = kind
    switch kind {
    case "a Git LFS pointer, not the file itself":
      notes = [.init("fetch the file: git lfs pull")]
    case "an HTML page":
      notes = [.init("the download returned a web page, such as a login page")]
    case let kind where FileKind.isArchive(kind):
      notes = [.init("unpack it, and name the .safetensors file in it")]
    default:
      notes = [.init("weights are read from safetensors files")]
    }
  }

  private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    bytes.contains(text.utf8)
  }
}
