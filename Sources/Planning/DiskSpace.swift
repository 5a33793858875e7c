import Basics
import Definitions

extension Plan {
  /// Checks that packed images fit on a disk.
  ///
  /// Only stages that start from the beginning count: what interrupted ones have written is on the disk already.
  ///
  /// - Parameter free: in bytes; `nil` if that is not known.
  /// - Throws: `DiagnosticError` if the images take more for certain.
  package func requireSpace(_ free: Int?) throws(DiagnosticError) {
    guard let free else { return }
    var needed = 0
    var largest: (stage: PlannedStage, bytes: Int)?
    for stage in stages where stage.status.isToRun {
      if case .unfinished? = stage.status.reason { continue }
      guard let bytes = stage.cost?.leastDisk else { continue }
      let (sum, isTooLarge) = needed.addingReportingOverflow(bytes)
      needed = isTooLarge ? .max : sum
      if bytes > largest?.bytes ?? -1 { largest = (stage, bytes) }
    }
    guard needed > free, let stage = largest?.stage else { return }
    var notes = [Diagnostic.Note("free some space, or keep the store on another disk with --store")]
    if let work = stage.work as? PrepareWork, let smaller = work.bytesAsJPEG {
      notes.insert(
        .init(
          "'storage: jpeg' in dataset '\(work.name)' takes about "
            + quantity(Double(smaller), unit: "B")), at: 0)
    }
    throw DiagnosticError(
      "packed images take at least \(quantity(Double(needed), unit: "B")) (stage '\(stage.name)'), but the disk of "
        + "the store has \(quantity(Double(free), unit: "B")) free", notes: notes,
      cause: .outOfSpace)
  }
}

extension PrepareWork {
  /// What the images take as JPEG of the usual quality; `nil` if they are stored as JPEG, or their size is not known.
  fileprivate var bytesAsJPEG: Int? {
    guard dataset.storage == .pixels, let size = dataset.size ?? imageSize else { return nil }
    var encoded = dataset
    encoded.storage = .jpeg(quality: DatasetDefinition.Storage.usualQuality)
    return encoded.packedBytes(images: allImages, of: size)
  }
}
