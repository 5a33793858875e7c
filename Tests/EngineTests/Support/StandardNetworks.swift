import Basics
import Definitions
import PipelineLanguage
import SystemPackage
import TestSupport

/// The networks of pipelines/networks.
enum StandardNetworks {
  /// The network in the file of its name, without dropout.
  static func withoutDropout(_ name: String, classes: Int) throws -> NetworkDefinition {
    let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .removingLastComponent().removingLastComponent()
    let path = root.appending("pipelines/networks/\(name).yaml")
    let source = try SourceText.decoding(LocalFileSystem().read(path), name: path.string)
    let networks = try describe(source, fileName: name).networks
    guard var network = networks.values.first?.content, networks.count == 1 else {
      throw DiagnosticError("\(path) should define one network")
    }
    for index in network.layers.indices {
      network.layers[index].operations.removeAll { $0.settings is Dropout }
    }
    return network.resolved(classes: classes)
  }
}
