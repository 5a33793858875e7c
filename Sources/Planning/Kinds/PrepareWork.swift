import Basics
import Definitions

extension StageKind {
  package static let prepare = StageKind(rawValue: "prepare")
}

/// Read a dataset once and pack it.
package struct PrepareWork: StageWork {
  /// What the pipeline calls the dataset.
  package var name: String
  /// With the path resolved against the pipeline file's folder.
  package var dataset: DatasetDefinition
  /// The digest of the raw content that was planned with.
  package var content: Fingerprint
  /// Whether the content is what the pipeline declares, and was not seen.
  package var isAssumed: Bool
  package var allImages: Int
  /// The images' own size, as far as it is known; for the price alone.
  package var imageSize: DatasetDefinition.Size?

  package init(
    name: String, dataset: DatasetDefinition, content: Fingerprint, isAssumed: Bool,
    allImages: Int, imageSize: DatasetDefinition.Size? = nil
  ) {
    self.name = name
    self.dataset = dataset
    self.content = content
    self.isAssumed = isAssumed
    self.allImages = allImages
    self.imageSize = imageSize
  }

  package var kind: StageKind { .prepare }
  /// Which images are skipped as unreadable depends on the decoder; its changes have altered no pixels otherwise.
  package var revision: Int {
    dataset.unreadable == .skip
      ? NumericsRevision.packingWithoutUnreadable : NumericsRevision.packing
  }
  package var inputs: [StageInput] { [] }
  package var images: Int? { allImages }
  package var source: MissingSource? { MissingSource(.dataset, name) }

  /// What decides the packed images: neither the path nor how they are shown to a network.
  package func declare(_ settings: inout StageSettings) {
    settings.add("content", .string((isAssumed ? "assumed " : "") + content.hexadecimal))
    settings.add(
      "size", dataset.size.map { [.integer($0.height), .integer($0.width)] } ?? .null)
    settings.add("fit", .string(dataset.fit.rawValue))
    settings.add("channels", .integer(dataset.channels))
    settings.add("unreadable", .string(dataset.unreadable.rawValue))
  }

  package func cost(_ pricing: inout Pricing, after iterations: Int) -> StageCost? {
    StageCost(
      memory: dataset.preparationMemory,
      disk: (dataset.imageSize ?? imageSize).map { dataset.packedBytes(images: allImages, of: $0) })
  }
}
