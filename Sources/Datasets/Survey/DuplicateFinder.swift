import Basics
import Definitions

/// Finds images with the same pixels, given the digest of each: 40 bytes of memory per image.
struct DuplicateFinder {
  private var entries: [(digest: Fingerprint, position: Int32)] = []

  mutating func add(_ digest: Fingerprint, at position: Int) {
    entries.append((digest, Int32(truncatingIfNeeded: position)))
  }

  /// - Parameters:
  ///   - trainCount: the number of training images, which come first.
  ///   - place: the path of the image at a position, and its class.
  func found(
    trainCount: Int, place: (Int) -> (name: String, class: Int)
  ) -> DuplicateImages {
    let sorted = entries.sorted {
      $0.digest != $1.digest ? $0.digest < $1.digest : $0.position < $1.position
    }
    var found = DuplicateImages()
    var groups: [(rank: Int, positions: [Int])] = []
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count, sorted[end].digest == sorted[start].digest { end += 1 }
      if end - start > 1 {
        let positions = sorted[start..<end].map { Int($0.position) }
        let training = positions.count { $0 < trainCount }
        let test = positions.count - training
        let isInBoth = training > 0 && test > 0
        let hasSeveral = Set(positions.map { place($0).class }).count > 1
        if isInBoth { found.testInTraining += test }
        found.repeatedInTraining += max(0, training - 1)
        found.repeatedInTest += max(0, test - 1)
        if hasSeveral { found.contradictory += 1 }
        groups.append((isInBoth ? 0 : hasSeveral ? 1 : 2, positions))
      }
      start = end
    }
    found.groupCount = groups.count
    // By position, not by digest, which means nothing to anybody.
    groups.sort { ($0.rank, $0.positions[0]) < ($1.rank, $1.positions[0]) }
    found.groups = groups.prefix(DuplicateImages.most).map { group in
      let places = group.positions.map(place)
      return .init(
        files: places.map(\.name), isInBothSubsets: group.rank == 0,
        hasSeveralClasses: Set(places.map(\.class)).count > 1)
    }
    return found
  }
}
