import Definitions
import PipelineLanguage
import SystemPackage

extension Description {
  /// The description with the relative paths of datasets and weights made to start at a folder: that of
  /// the pipeline file, so that a pipeline means the same from wherever it is run.
  package func resolvingPaths(from folder: FilePath) -> Description {
    var resolved = self
    for (name, dataset) in datasets {
      guard case .path(let text) = dataset.content.source else { continue }
      resolved.datasets[name]?.content.source = .path(folder.resolving(text))
    }
    for (index, stage) in stages.enumerated() {
      guard case .transfer(var transfer) = stage.work, case .file(var path)? = transfer.source
      else { continue }
      path.content = folder.resolving(path.content)
      transfer.source = .file(path)
      resolved.stages[index].work = .transfer(transfer)
    }
    return resolved
  }
}

extension FilePath {
  /// A path as seen from this folder.
  fileprivate func resolving(_ text: String) -> String {
    let path = FilePath(text)
    return path.isRelative ? pushing(path).lexicallyNormalized().string : text
  }
}
