import Definitions
import PipelineLanguage
import SystemPackage

extension Description {
  /// The description with the relative paths of datasets, lists and weights made to start at a folder:
  /// that of the pipeline file, so that a pipeline means the same from wherever it is run.
  package func resolvingPaths(from folder: FilePath) -> Description {
    var resolved = self
    for (name, dataset) in datasets {
      if case .file(let path)? = dataset.content.declaration.classes {
        resolved.datasets[name]?.content.declaration.classes = .file(folder.resolving(path))
      }
      guard case .path(let text) = dataset.content.source else { continue }
      resolved.datasets[name]?.content.source = .path(folder.resolving(text))
    }
    for (index, stage) in stages.enumerated() {
      resolved.stages[index].work = stage.work.resolvingPaths(from: folder)
    }
    return resolved
  }
}

extension WorkDescription {
  fileprivate func resolvingPaths(from folder: FilePath) -> WorkDescription {
    switch self {
    case .train(var train):
      train.task.content.resolvePath(from: folder)
      return .train(train)
    case .transfer(var transfer):
      transfer.task.content.resolvePath(from: folder)
      if case .file(var path, let names)? = transfer.source {
        path.content = folder.resolving(path.content)
        transfer.source = .file(path, names)
      }
      return .transfer(transfer)
    case .evaluate(var evaluation):
      evaluation.task.content.resolvePath(from: folder)
      return .evaluate(evaluation)
    case .report:
      return self
    }
  }
}

extension TaskDefinition {
  fileprivate mutating func resolvePath(from folder: FilePath) {
    guard case .listed(var file) = classes else { return }
    file.path = folder.resolving(file.path)
    classes = .listed(file)
  }
}
extension FilePath {
  /// A path as seen from this folder.
  fileprivate func resolving(_ text: String) -> String {
    let path = FilePath(text)
    return path.isRelative ? pushing(path).lexicallyNormalized().string : text
  }
}
