import ArtifactStore
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
  /// The files that the pipeline names, of one kind, as it writes them.
  func files(of kind: OutsideSource.Kind) -> Set<String> {
    switch kind {
    case .dataset:
      Set(
        datasets.values.compactMap {
          if case .path(let path) = $0.content.source { path } else { nil }
        })
    case .weights:
      Set(stages.compactMap(\.work.weightsFile))
    case .classes:
      Set(
        datasets.values.compactMap {
          if case .file(let path)? = $0.content.declaration.classes { path } else { nil }
        } + stages.compactMap(\.work.classList))
    }
  }

  /// What the file calls its datasets and the files that it names, by the paths that `resolvingPaths` makes of
  /// them.
  package func writtenPaths(from folder: FilePath) -> [String: String] {
    var paths: [String: String] = [:]
    for kind in OutsideSource.Kind.allCases {
      for written in files(of: kind) { paths[folder.resolving(written)] = written }
    }
    return paths
  }

  /// The lists of classes and files of weights that the pipeline names by relative paths, as seen from a
  /// folder.
  package func filesBeside(_ folder: FilePath) -> [FilePath] {
    files(of: .classes).union(files(of: .weights)).filter { FilePath($0).isRelative }.sorted()
      .map { FilePath(folder.resolving($0)) }
  }
}

extension WorkDescription {
  /// The file that the stage copies weights from.
  fileprivate var weightsFile: String? {
    guard case .transfer(let transfer) = self, case .file(let path, _)? = transfer.source else {
      return nil
    }
    return path.content
  }

  /// The file that lists the classes of the stage's task.
  fileprivate var classList: String? {
    let task: TaskDefinition? =
      switch self {
      case .train(let train): train.task.content
      case .transfer(let transfer): transfer.task.content
      case .evaluate(let evaluation): evaluation.task.content
      case .report: nil
      }
    guard case .listed(let file)? = task?.classes else { return nil }
    return file.path
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
  fileprivate mutating func resolvePath(from folder: FilePath) {
    guard case .listed(var file) = classes else { return }
    file.path = folder.resolving(file.path)
    classes = .listed(file)
  }
}

extension FilePath {
  /// A path as seen from this folder.
  func resolving(_ text: String) -> String {
    let path = FilePath(text)
    return path.isRelative ? pushing(path).lexicallyNormalized().string : text
  }
}
