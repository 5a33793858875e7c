import Basics
import Definitions

extension StageKind {
  package static let prepare = StageKind(rawValue: "prepare")
}

/// Reads a dataset once and packs it.
package struct PrepareWork: StageWork {
  /// The name of the dataset in the pipeline.
  package var name: String
  /// With the path resolved against the pipeline file's folder.
  package var dataset: DatasetDefinition
  /// The digest of the raw content at planning time.
  package var content: Fingerprint
  /// Whether the content is the declared one rather than the actual one.
  package var isAssumed: Bool
  package var allImages: Int
  /// The original size of the images, if known; for cost estimates only.
  package var imageSize: DatasetDefinition.Size?
  /// Whether some images are turned upright.
  package var turnsImages: Bool

  package init(
    name: String, dataset: DatasetDefinition, content: Fingerprint, isAssumed: Bool,
    allImages: Int, imageSize: DatasetDefinition.Size? = nil, turnsImages: Bool = false
  ) {
    self.turnsImages = turnsImages
    self.name = name
    self.dataset = dataset
    self.content = content
    self.isAssumed = isAssumed
    self.allImages = allImages
    self.imageSize = imageSize
  }

  static let contentSetting = "content"
  static let storageSetting = "storage"

  package var kind: StageKind { .prepare }
  /// Which images are skipped as unreadable depends on the decoder; its changes did not alter pixels otherwise.
  package var revision: Int {
    guard dataset.storage == .pixels else { return NumericsRevision.encodedPacking }
    return dataset.unreadable == .skip
      ? NumericsRevision.packingWithoutUnreadable : NumericsRevision.packing
  }
  package var inputs: [StageInput] { [] }
  package var result: WorkResult { .images }
  package var source: MissingSource? { MissingSource(.dataset, name) }

  /// The settings that determine the packed images. The path and the preprocessing do not.
  package func declare(_ settings: inout StageSettings) {
    settings.add(
      PrepareWork.contentSetting, .string((isAssumed ? "assumed " : "") + content.hexadecimal))
    settings.add(
      "size", dataset.size.map { [.integer($0.height), .integer($0.width)] } ?? .null)
    settings.add("fit", .string(dataset.fit.rawValue))
    settings.add("channels", .integer(dataset.channels))
    settings.add("unreadable", .string(dataset.unreadable.rawValue))
    if turnsImages { settings.add("orientation", .string(dataset.orientation.rawValue)) }
    if dataset.storage != .pixels {
      settings.add(PrepareWork.storageSetting, dataset.storage.value)
    }
  }

  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? {
    let size = dataset.size ?? imageSize
    var cost = StageCost(
      memory: dataset.preparationMemory,
      disk: size.map { dataset.packedBytes(images: allImages, of: $0) })
    cost.leastDisk = size.map { dataset.leastPackedBytes(images: allImages, of: $0) }
    cost.isDiskUnknown = cost.disk == nil
    if let speed = try pricing.packingSpeed(self), speed > 0 {
      cost.seconds = Double(allImages) / speed
    }
    return cost
  }
}
