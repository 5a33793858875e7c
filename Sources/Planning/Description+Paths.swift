import Definitions
import PipelineLanguage
import SystemPackage

extension Description {
  /// The description with relative dataset paths made to start at a folder: that of the pipeline file,
  /// so that a pipeline means the same from wherever it is run.
  package func resolvingPaths(from folder: FilePath) -> Description {
    var resolved = self
    for (name, dataset) in datasets {
      guard case .path(let text) = dataset.content.source else { continue }
      let path = FilePath(text)
      guard path.isRelative else { continue }
      let whole = folder.pushing(path).lexicallyNormalized()
      resolved.datasets[name]?.content.source = .path(whole.string)
    }
    return resolved
  }
}
