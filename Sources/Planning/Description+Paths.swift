import ArtifactStore
import Definitions
import PipelineLanguage
import SystemPackage

extension Description {
  /// The description with relative paths of datasets, lists and weights resolved against the pipeline file's folder,
  /// so that a pipeline means the same wherever it is run from.
  package func resolvingPaths(from folder: FilePath) -> Description {
    var resolved = self
    for (name, dataset) in datasets {
      if case .file(let path)? = dataset.content.declaration.classes {
        resolved.datasets[name]?.content.declaration.classes = .file(folder.resolving(path))
      }
      if case .given(var file, let scale) = dataset.content.preprocessing.normalization {
        file.path = folder.resolving(file.path)
        resolved.datasets[name]?.content.preprocessing.normalization = .given(file, scale: scale)
      }
      resolved.datasets[name]?.content.subsets?.changeLists { folder.resolving($0) }
      guard case .path(let text) = dataset.content.source else { continue }
      resolved.datasets[name]?.content.source = .path(folder.resolving(text))
    }
    resolved.divisions = divisions.map { division in
      division.map { task in
        var task = task
        task.resolvePath { folder.resolving($0) }
        return task
      }
    }
    resolved.stages = stages.map { $0.resolvingPaths { folder.resolving($0) } }
    return resolved
  }
}

extension Description {
  /// The files of one kind that the pipeline names, as written.
  func files(of kind: OutsideSource.Kind) -> Set<String> {
    switch kind {
    case .dataset:
      Set(
        datasets.values.compactMap {
          if case .path(let path) = $0.content.source { path } else { nil }
        })
    case .weights:
      Set(stages.compactMap(\.work.weightsFile))
        .union(datasets.values.compactMap(\.content.preprocessing.normalization.file?.path))
    case .classes:
      Set(
        datasets.values.compactMap {
          if case .file(let path)? = $0.content.declaration.classes { path } else { nil }
        }
          + stages.compactMap { stage in
            if case .listed(let file)? = stage.work.taskRead?.classes { file.path } else { nil }
          })
    }
  }

  /// The lists of images that the pipeline names, as written.
  private var imageLists: Set<String> {
    Set(datasets.values.flatMap { $0.content.subsets?.lists.map(\.file) ?? [] })
  }

  /// The names of datasets and the paths of files as written in the pipeline file, by the paths produced by
  /// `resolvingPaths`.
  package func writtenPaths(from folder: FilePath) -> [String: String] {
    var paths: [String: String] = [:]
    for written in OutsideSource.Kind.allCases.reduce(imageLists, { $0.union(files(of: $1)) }) {
      paths[folder.resolving(written)] = written
    }
    return paths
  }

  /// The class lists, lists of images and files of weights that the pipeline names by relative paths, as seen from a
  /// folder.
  package func filesBeside(_ folder: FilePath) -> [FilePath] {
    files(of: .classes).union(files(of: .weights)).union(imageLists)
      .filter { FilePath($0).isRelative }.sorted().map { FilePath(folder.resolving($0)) }
  }
}

extension DatasetDefinition {
  /// What a store records facts about: a source, and how it is read. Two datasets may read one source in two ways.
  ///
  /// - Parameter written: the source's path, which as the paths of lists is written as in the pipeline file.
  package func outsideSource(at written: String, of pipeline: String) -> OutsideSource {
    OutsideSource(kind: .dataset, pipeline: pipeline, path: written + readingKey)
  }
}

extension FilePath {
  /// A path as seen from this folder.
  func resolving(_ text: String) -> String {
    let path = FilePath(text)
    return path.isRelative ? pushing(path).lexicallyNormalized().string : text
  }
}
