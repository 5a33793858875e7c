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

extension Description {
  /// What the file calls its datasets' sources, by the paths that `resolvingPaths` makes of them.
  package func datasetPaths(from folder: FilePath) -> [String: String] {
    var paths: [String: String] = [:]
    for dataset in datasets.values {
      guard case .path(let written) = dataset.content.source else { continue }
      paths[folder.resolving(written)] = written
    }
    return paths
  }

  /// The lists of classes and files of weights that the pipeline names by relative paths, as seen from a
  /// folder.
  package func filesBeside(_ folder: FilePath) -> [FilePath] {
    var found: Set<String> = []
    for dataset in datasets.values {
      if case .file(let path)? = dataset.content.declaration.classes { found.insert(path) }
    }
    for stage in stages { found.formUnion(stage.work.files) }
    return found.filter { FilePath($0).isRelative }.sorted().map { FilePath(folder.resolving($0)) }
  }
}

extension WorkDescription {
  /// The paths of the files that the stage names.
  fileprivate var files: [String] {
    switch self {
    case .train(let train): train.task.content.files
    case .transfer(let transfer):
      if case .file(let path, _)? = transfer.source {
        transfer.task.content.files + [path.content]
      } else {
        transfer.task.content.files
      }
    case .evaluate(let evaluation): evaluation.task.content.files
    case .report: []
    }
  }

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
  fileprivate var files: [String] {
    if case .listed(let file) = classes { [file.path] } else { [] }
  }

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
